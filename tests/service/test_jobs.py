"""What is asked of jobs, on both databases, with a queue that only takes notes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from service.attempts import MOST_ATTEMPTS, Attempt, Superseded, release
from service.jobs import Jobs, Limits
from service.record_errors import IdempotencyConflict, JobConflict, JobNotFound, TooManyJobs

CONFIG = {"data": "mnist", "epochs": 1}


class Queue(list[tuple[str, int, str]]):
    """Notes what was put in."""

    def prepare(self) -> None:
        """Need nothing."""

    def __call__(self, connection: sa.Connection, job_id: str, run: int, owner: str) -> None:
        """Put a job in."""
        assert connection.in_transaction()
        self.append((job_id, run, owner))


@pytest.fixture
def queue() -> Queue:
    """An empty queue."""
    return Queue()


@pytest.fixture
def jobs(engine: sa.Engine, queue: Queue) -> Jobs:
    """Jobs that nobody runs."""
    return Jobs(engine, queue, Limits(queued=4, queued_per_key=2))


def running(engine: sa.Engine, job_id: str, run: int = 1, worker: str = "w1") -> Attempt:
    """Let a worker take a job."""
    attempt = Attempt.claim(engine, job_id, run, worker)
    assert attempt is not None
    return attempt


def test_a_submitted_job_is_queued_and_shows_what_was_asked(jobs: Jobs, queue: Queue) -> None:
    """The job has its configuration and the time of submission, and stands in the queue once."""
    job, new = jobs.submit(CONFIG, owner="k")
    assert (new, job.state, job.config, job.started_at) == (True, "queued", CONFIG, None)
    assert job.created_at.endswith("Z")
    assert jobs.get(job.id) == job
    assert queue == [(job.id, 1, "k")]


def test_fifty_submissions_with_one_key_make_one_job(jobs: Jobs, queue: Queue) -> None:
    """Whoever comes first makes the job, all others get it, and it is queued once."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: jobs.submit(CONFIG, owner="k", key="one"), range(50)))
    assert len({job.id for job, _ in answers}) == 1
    assert sum(new for _, new in answers) == 1
    assert len(queue) == 1


def test_a_key_belongs_to_its_owner(jobs: Jobs) -> None:
    """Two owners with the same idempotency key have two jobs."""
    assert jobs.submit(CONFIG, owner="a", key="x")[0].id != jobs.submit(CONFIG, owner="b", key="x")[0].id


def test_a_key_with_another_request_is_refused(jobs: Jobs) -> None:
    """The same key with another configuration is a mistake of the caller."""
    jobs.submit(CONFIG, key="x")
    with pytest.raises(IdempotencyConflict):
        jobs.submit({**CONFIG, "epochs": 2}, key="x")


def test_too_many_waiting_jobs_are_refused_by_owner_and_in_all(jobs: Jobs) -> None:
    """The third of one key and the fifth of all are refused, with a time to come back."""
    for owner in ("a", "a", "b", "b"):
        jobs.submit(CONFIG, owner=owner)
    for owner in ("a", "c"):
        with pytest.raises(TooManyJobs) as refused:
            jobs.submit(CONFIG, owner=owner)
        assert refused.value.retry_after == 60


def test_retry_after_is_the_time_until_a_running_job_ends(jobs: Jobs, engine: sa.Engine) -> None:
    """A refused caller is told when the job that is nearest its end makes room."""
    first, _ = jobs.submit(CONFIG, owner="a")
    running(engine, first.id).report({"seconds_left": 12.4})
    for _ in range(2):
        jobs.submit(CONFIG, owner="a")
    with pytest.raises(TooManyJobs) as refused:
        jobs.submit(CONFIG, owner="a")
    assert refused.value.retry_after == 12


def test_a_refused_submission_leaves_nothing(jobs: Jobs, queue: Queue) -> None:
    """Neither a job nor a place in the queue remains of a refused submission."""
    for _ in range(2):
        jobs.submit(CONFIG)
    with pytest.raises(TooManyJobs):
        jobs.submit(CONFIG, key="x")
    assert len(jobs.newest()) == len(queue) == 2


def test_jobs_are_listed_newest_first_by_state(jobs: Jobs, engine: sa.Engine) -> None:
    """The list has a limit and a filter."""
    ids = [jobs.submit(CONFIG, owner=owner)[0].id for owner in "abc"]
    running(engine, ids[1])
    assert [job.id for job in jobs.newest()] == ids[::-1]
    assert [job.id for job in jobs.newest(limit=1)] == ids[2:]
    assert [job.id for job in jobs.newest(state="running")] == ids[1:2]


def test_an_unknown_job_is_not_found(jobs: Jobs) -> None:
    """Every question about a job that does not exist says so, also by an id that a database can not hold."""
    for ask in (jobs.get, jobs.cancel, jobs.resume):
        for unknown in ("none", "", "a\0b", "' OR 1=1 --"):
            with pytest.raises(JobNotFound):
                ask(unknown)


def test_every_change_is_an_event_with_the_job_as_it_was(jobs: Jobs, engine: sa.Engine) -> None:
    """The history is numbered from 1, can be read from any number on, and ends with the job."""
    job, _ = jobs.submit(CONFIG)
    attempt = running(engine, job.id)
    attempt.report({"epoch": 1}, milestone=True)
    attempt.succeed({"version": "7"})
    events = jobs.events(job.id)
    assert [number for number, _ in events] == [1, 2, 3, 4]
    assert [data["state"] for _, data in events] == ["queued", "running", "running", "succeeded"]
    assert events[-1][1] == jobs.get(job.id).as_dict()
    assert jobs.events(job.id, after=3) == events[3:]


def test_reports_in_quick_succession_are_shown_but_not_all_kept(jobs: Jobs, engine: sa.Engine) -> None:
    """A thousand reports within a second add no event; the job shows the last one."""
    job, _ = jobs.submit(CONFIG)
    attempt = running(engine, job.id)
    for n in range(20):
        attempt.report({"epoch": n})
    assert jobs.get(job.id).progress == {"epoch": 19}
    assert len(jobs.events(job.id)) < 20


def test_a_cancelled_job_takes_no_more_reports(jobs: Jobs, engine: sa.Engine) -> None:
    """The worker learns of it at its next report, and may still save where it stopped."""
    job, _ = jobs.submit(CONFIG)
    attempt = running(engine, job.id)
    assert jobs.cancel(job.id).state == "cancelled"
    writes: list[Callable[[], None]] = [
        lambda: attempt.report({}),
        lambda: attempt.succeed({}),
        lambda: attempt.fail("x"),
    ]
    for write in writes:
        with pytest.raises(Superseded):
            write()
    attempt.saved("jobs/x/1", "sha256:1")
    assert jobs.cancel(job.id).state == "cancelled"
    assert jobs.get(job.id).result is None


def test_a_cancelled_job_is_not_started(jobs: Jobs, engine: sa.Engine) -> None:
    """A worker that finds it in the queue leaves it alone."""
    job, _ = jobs.submit(CONFIG)
    jobs.cancel(job.id)
    assert Attempt.claim(engine, job.id, 1, "w1") is None


def test_a_resumed_job_goes_on_from_its_checkpoint(jobs: Jobs, engine: sa.Engine, queue: Queue) -> None:
    """It has a new run in the queue, and who worked on the old one may not even save."""
    job, _ = jobs.submit(CONFIG)
    old = running(engine, job.id)
    old.saved("jobs/x/1", "sha256:1")
    jobs.cancel(job.id)
    resumed = jobs.resume(job.id)
    assert (resumed.state, resumed.finished_at, queue[-1]) == ("queued", None, (job.id, 2, ""))
    with pytest.raises(Superseded):
        old.saved("jobs/x/2", "sha256:2")
    assert Attempt.claim(engine, job.id, 1, "w1") is None
    assert running(engine, job.id, run=2).checkpoint == ("jobs/x/1", "sha256:1")


def test_a_failed_job_keeps_its_reason_until_it_is_resumed(jobs: Jobs, engine: sa.Engine) -> None:
    """The reason is shown, and gone when the job has another chance."""
    job, _ = jobs.submit(CONFIG)
    running(engine, job.id).fail("the disk is full")
    assert (jobs.get(job.id).state, jobs.get(job.id).error) == ("failed", "the disk is full")
    assert jobs.resume(job.id).error is None


def test_what_has_ended_well_can_be_neither_cancelled_nor_resumed(jobs: Jobs, engine: sa.Engine) -> None:
    """Success is final."""
    job, _ = jobs.submit(CONFIG)
    running(engine, job.id).succeed({"version": "1"})
    for ask in (jobs.cancel, jobs.resume):
        with pytest.raises(JobConflict, match="succeeded"):
            ask(job.id)


def test_a_job_being_published_cannot_be_cancelled(jobs: Jobs, engine: sa.Engine) -> None:
    """From that point on the version may be listed, so the job must end well."""
    job, _ = jobs.submit(CONFIG)
    running(engine, job.id).begin_publication()
    with pytest.raises(JobConflict, match="published"):
        jobs.cancel(job.id)


def test_a_cancelled_job_is_not_published(jobs: Jobs, engine: sa.Engine) -> None:
    """If the cancellation comes first, nothing is listed."""
    job, _ = jobs.submit(CONFIG)
    attempt = running(engine, job.id)
    jobs.cancel(job.id)
    with pytest.raises(Superseded):
        attempt.begin_publication()


def test_who_takes_a_job_over_fences_its_old_worker_off(jobs: Jobs, engine: sa.Engine) -> None:
    """A worker that was thought dead and comes back can write nothing about the job."""
    job, _ = jobs.submit(CONFIG)
    stale = running(engine, job.id)
    release(engine, "w1")
    assert jobs.get(job.id).state == "queued"
    fresh = running(engine, job.id, worker="w2")
    writes: list[Callable[[], None]] = [
        lambda: stale.report({}),
        lambda: stale.saved("k", "d"),
        stale.begin_publication,
        lambda: stale.succeed({}),
        lambda: stale.fail("x"),
    ]
    for write in writes:
        with pytest.raises(Superseded):
            write()
    fresh.succeed({"version": "1"})
    assert jobs.get(job.id).state == "succeeded"


def test_a_job_that_kills_its_workers_fails_in_the_end(jobs: Jobs, engine: sa.Engine) -> None:
    """So many attempts without a checkpoint are enough."""
    job, _ = jobs.submit(CONFIG)
    for _ in range(MOST_ATTEMPTS):
        running(engine, job.id)
    assert Attempt.claim(engine, job.id, 1, "w1") is None
    assert "given up after 10 attempts" in str(jobs.get(job.id).error)


def test_a_job_that_is_cancelled_while_it_is_given_up_stays_cancelled(
    jobs: Jobs, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever claims it hears only that it is not to be run."""
    job, _ = jobs.submit(CONFIG)
    for _ in range(MOST_ATTEMPTS):
        running(engine, job.id)
    fail = Attempt.fail

    def late(attempt: Attempt, reason: str) -> None:
        jobs.cancel(job.id)
        fail(attempt, reason)

    monkeypatch.setattr(Attempt, "fail", late)
    assert Attempt.claim(engine, job.id, 1, "w1") is None
    assert jobs.get(job.id).state == "cancelled"


def test_a_job_that_makes_progress_may_be_killed_any_number_of_times(jobs: Jobs, engine: sa.Engine) -> None:
    """A checkpoint gives it all its attempts back."""
    job, _ = jobs.submit(CONFIG)
    for n in range(3 * MOST_ATTEMPTS):
        running(engine, job.id).saved(f"jobs/x/{n}", "sha256:1")
    assert jobs.get(job.id).state == "running"
