"""The plug-in is loaded through its entry point, as a third party's is, not collected as a test."""

collect_ignore = ["netguru_test_operation.py"]
