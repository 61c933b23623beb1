"""The store, the nightly run, the HTTP API and the CSM pages."""
