"""``numeral worker``: a training worker alone, for more machines."""

import signal

from service.cli.output import HomeOption, plain_errors, settings_of


def worker(home: HomeOption = None) -> None:
    """Run training jobs until told to stop; database and store as NUMERAL_DATABASE_URL and NUMERAL_STORE_URL say."""
    from service.worker_process import supervised

    with plain_errors(as_json=False):
        supervisor = supervised(settings_of(home))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: supervisor.request_stop())
    supervisor.start()
    supervisor.wait()
    supervisor.stop()
