"""Hygiene of a device: what its configuration states, or provably leaves out, against common practice.

A check runs only where the platform's table lists its subject under `audit`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netguru.checks import check, finding
from netguru.config.checks.references import is_whole
from netguru.config.platforms import platform
from netguru.config.quoting import absence, heading, proof
from netguru.model.finding import Finding, Subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netguru.model.config import DeviceConfig, Lines, Login
    from netguru.model.evidence import Evidence


_FORMS = {"0": "in clear text", "7": "as type 7, which is reversible"}


def _audited(config: DeviceConfig, subject: str) -> bool:
    return subject in platform(config.platform).audit


def _finding(check_id: str, config: DeviceConfig, evidence: tuple[Evidence, ...], **values: str) -> Finding:
    subject = Subject(devices=(config.hostname,))
    texts: dict[str, Any] = dict(values)
    return finding(check_id, device=config.hostname, subject=subject, evidence=evidence, **texts)


def _lines(config: DeviceConfig, name: str) -> Lines:
    return config.system.at.get(name, ())


def _remote_logins(config: DeviceConfig) -> list[Login]:
    pattern = platform(config.platform).remote_logins
    return [item for item in config.system.logins if pattern is not None and pattern.fullmatch(item.name)]


@check("config", "hygiene.telnet", profile="hygiene")
def telnet(config: DeviceConfig) -> Iterator[Finding]:
    """Find Telnet allowed on terminal lines or enabled as a service."""
    if not _audited(config, "telnet"):
        return
    open_words = platform(config.platform).telnet_transports
    for item in _remote_logins(config):
        if open_words & set(item.transports):
            where = f"line {item.name}"
            yield _finding("hygiene.telnet", config, proof(config, item.at["transports"]), where=where)
    if "telnet" in config.system.services:
        yield _finding("hygiene.telnet", config, proof(config, _lines(config, "telnet")), where="a service")


@check("config", "hygiene.snmp-public", profile="hygiene")
def snmp_public(config: DeviceConfig) -> Iterator[Finding]:
    """Find SNMP communities that everybody guesses."""
    if not _audited(config, "snmp"):
        return
    for name in config.system.snmp_communities:
        lines = _lines(config, f"community {name.lower()}")
        if lines:
            yield _finding("hygiene.snmp-public", config, proof(config, lines), community=name)


@check("config", "hygiene.no-enable-secret", profile="hygiene")
def no_enable_secret(config: DeviceConfig) -> Iterator[Finding]:
    """Find an enable password where an enable secret is missing."""
    if not _audited(config, "enable-secret") or "enable-secret" in config.system.services:
        return
    lines = _lines(config, "enable-password")
    if lines and is_whole(config):
        yield _finding("hygiene.no-enable-secret", config, (*proof(config, lines), *absence(config)))


@check("config", "hygiene.ntp-missing", profile="hygiene")
def ntp_missing(config: DeviceConfig) -> Iterator[Finding]:
    """Find a device without a time server."""
    if (
        _audited(config, "ntp")
        and is_whole(config)
        and not config.system.ntp_servers
        and not _lines(config, "ntp_server")
    ):
        yield _finding("hygiene.ntp-missing", config, absence(config))


@check("config", "hygiene.no-syslog", profile="hygiene")
def no_syslog(config: DeviceConfig) -> Iterator[Finding]:
    """Find a device that sends its log nowhere."""
    if _audited(config, "syslog") and is_whole(config) and not config.system.syslog_servers:
        yield _finding("hygiene.no-syslog", config, absence(config))


@check("config", "hygiene.no-password-encryption", profile="hygiene")
def no_password_encryption(config: DeviceConfig) -> Iterator[Finding]:
    """Find a device that shows its passwords in clear text."""
    if not _audited(config, "password-encryption") or not is_whole(config):
        return
    if "password-encryption" in config.system.services:
        return
    stated = _lines(config, "no password-encryption")
    yield _finding("hygiene.no-password-encryption", config, proof(config, stated) or absence(config))


@check("config", "hygiene.exec-timeout-off", profile="hygiene")
def exec_timeout_off(config: DeviceConfig) -> Iterator[Finding]:
    """Find terminal lines whose sessions never end."""
    if not _audited(config, "exec-timeout"):
        return
    found = [item for item in config.system.logins if item.exec_timeout == 0]
    if found:
        names = ", ".join(item.name for item in found)
        lines = tuple(number for item in found for number in item.at["minutes"])
        yield _finding("hygiene.exec-timeout-off", config, proof(config, lines), lines=names)


@check("config", "hygiene.http-server", profile="hygiene")
def http_server(config: DeviceConfig) -> Iterator[Finding]:
    """Find the clear-text web server enabled."""
    if _audited(config, "http-server") and "http" in config.system.services:
        yield _finding("hygiene.http-server", config, proof(config, _lines(config, "http")))


@check("config", "hygiene.cleartext-user", profile="hygiene")
def clear_text_user(config: DeviceConfig) -> Iterator[Finding]:
    """Find users whose password is stored in clear text or in a reversible form."""
    if not _audited(config, "clear-text-user"):
        return
    for user in config.system.users:
        if user.secret_type in platform(config.platform).clear_text_types:
            form = _FORMS.get(user.secret_type, f"as type {user.secret_type}")
            yield _finding("hygiene.cleartext-user", config, proof(config, user.lines), user=user.name, form=form)


@check("config", "hygiene.vty-no-acl", profile="hygiene")
def vty_without_acl(config: DeviceConfig) -> Iterator[Finding]:
    """Find remote terminal lines that accept every source address."""
    if not _audited(config, "vty-acl"):
        return
    found = [
        item
        for item in _remote_logins(config)
        if item.name.startswith("vty") and not item.access_class and item.transports != ("none",)
    ]
    if found:
        evidence = tuple(proof_ for item in found for proof_ in heading(config, item.lines))
        yield _finding("hygiene.vty-no-acl", config, evidence, lines=", ".join(item.name for item in found))
