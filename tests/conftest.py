"""Makes `from tests.clouds import small_cloud` work in every test, wherever it lies."""
