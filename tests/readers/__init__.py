"""Many readers beside a writer: `make test-readers`. Too long for every run of the tests."""
