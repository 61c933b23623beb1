"""One module per command; each hands its arguments to the package that knows the job."""
