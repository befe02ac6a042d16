"""How often the 95 % intervals hold the truth, over thousands of small worlds: `make test-coverage`."""
