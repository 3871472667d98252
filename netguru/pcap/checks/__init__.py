"""Checks of captures: control plane, services, link layer, security and the quality of the capture itself.

Importing this package registers them, and how packet evidence is read again.
"""
