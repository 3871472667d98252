"""The checks of device state; importing this module registers all of them."""

from netguru.state import gateway_checks, host_checks, layer2_checks, log_checks, routing_checks

__all__ = ["gateway_checks", "host_checks", "layer2_checks", "log_checks", "routing_checks"]
