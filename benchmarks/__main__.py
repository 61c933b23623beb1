"""`make bench`: every benchmark in turn."""

from benchmarks import panel, reasons


def main() -> None:
    """Run all benchmarks and print their tables."""
    for benchmark in (panel, reasons):
        print(f"\n{(benchmark.__doc__ or '').splitlines()[0]}")
        benchmark.main()


if __name__ == "__main__":
    main()
