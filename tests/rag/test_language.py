"""Languages: questions as users type them, and passages of code that are in none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netguru.rag.language import detect, of_passage


@pytest.mark.parametrize(
    "question",
    [
        "How do I stop a neighbor from sending too many prefixes?",
        "What does ExStart mean?",
        "Which command shows the VLANs of a port",
        "bgp session is flapping, why?",
        "Where can the timers be changed",
    ],
)
def test_english(question: str) -> None:
    assert detect(question) == "en"


@pytest.mark.parametrize(
    "question",
    [
        "Como limito o número de prefixos de um vizinho?",
        "O que significa ExStart?",
        "qual o comando para ver as vlans da porta",
        "A sessão BGP fica caindo, por quê?",
        "configuração de NAT no VyOS",
        "Onde altero os temporizadores",
    ],
)
def test_portuguese(question: str) -> None:
    assert detect(question) == "pt"


@pytest.mark.parametrize(
    "text", ["", "show ip bgp summary", "set interfaces ethernet eth0 mtu 1500", "10.0.0.0/8", "中文"]
)
def test_commands_are_in_no_language(text: str) -> None:
    assert detect(text) == "und"
    assert detect(text, default="en") == "en"


def test_other_languages_are_not_taken_for_portuguese() -> None:
    assert detect("¿Cuál es el comando para ver los vecinos del protocolo?") == "es"
    assert detect("Wie kann ich die Nachbarn sehen und was ist der Befehl?") == "de"


def test_a_passage_follows_its_document_unless_it_clearly_differs() -> None:
    assert of_passage("interface eth0\n no shutdown", "pt") == "pt"
    assert of_passage("K. Kompella, D. Katz, A. Lindem, da Silva, E. do Prado e outros", "en") == "en"
    text = (
        "Esta seção mostra como a rede é configurada e o que deve ser feito para que os vizinhos não fiquem sem rotas."
    )
    assert of_passage(text, "en") == "pt"


@given(st.text())
def test_any_text_has_an_answer(text: str) -> None:
    assert len(detect(text)) in {2, 3}
