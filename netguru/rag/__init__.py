"""Answers from documents that can be checked: documents, chunks, embedders, index, retrieval, answers, evaluation."""
