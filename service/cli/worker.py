"""``numeral worker``: a training worker alone, for more machines."""

import signal

from service.cli.output import HomeOption, plain_errors, settings_of

_STOP = (signal.SIGTERM, signal.SIGINT)


def worker(home: HomeOption = None) -> None:
    """Run training jobs until told to stop; database and store as NUMERAL_DATABASE_URL and NUMERAL_STORE_URL say."""
    from service.logs import LineWriter, configure
    from service.worker_process import supervised

    with plain_errors(as_json=False):
        settings = settings_of(home)
        supervisor = supervised(settings)
    # Waited for below, not handled, so that no signal comes between; the worker lets them through again.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOP)
    writer = LineWriter()
    configure(writer, as_json=settings.log_format == "json")
    writer.start()
    supervisor.start()
    signal.sigwait(_STOP)
    supervisor.stop()
    writer.close()
