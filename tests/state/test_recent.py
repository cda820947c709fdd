"""Recent latencies and rates: what queries about "recently" are answered from."""

from __future__ import annotations

from threading import Thread

import pytest

from faust_otel.state import History
from faust_otel.state.recent import Rates, Recent


def rates(average: int = 100) -> Rates:
    return Rates(History(average=average), now=1000.0)


def sample(sampled: Rates, at: float, total: int) -> None:
    sampled.sample(at, received=total, sent=10 * total, events=100 * total)


def test_each_ring_keeps_as_many_as_its_history_says() -> None:
    """Windows count observations, each its own."""
    recent = Recent(History(average=5, commit=2, send=3, assignment=4))
    for name, _ in recent:
        getattr(recent, name).extend([1.0] * 9)
    assert {name: len(values) for name, values in recent} == {
        "assignment": 4,
        "commit": 2,
        "event": 5,
        "http": 5,
        "rebalance_end": 5,
        "rebalance_return": 5,
        "send": 3,
    }


def test_a_ring_keeps_the_last() -> None:
    """What came first goes first."""
    recent = Recent(History(send=2))
    recent.send.extend([1.0, 2.0, 3.0])
    assert dict(recent)["send"] == [2.0, 3.0]


def test_a_rate_is_zero_before_time_has_passed() -> None:
    """There is no division by nothing, and no NaN."""
    sampled = rates()
    assert sampled.per_second(1000.0, index=0, total=7) == 0.0
    assert sampled.per_second(999.0, index=0, total=7) == 0.0
    assert sampled.last_second(0) == 0.0


def test_a_rate_before_the_first_sample_is_since_the_beginning() -> None:
    """The beginning itself counts as a sample of zeros."""
    assert rates().per_second(1002.0, index=0, total=7) == 3.5


def test_a_rate_is_over_the_whole_window() -> None:
    """The oldest sample kept is what the present total is compared with."""
    sampled = rates(average=3)
    for second in range(1, 11):
        sample(sampled, 1000.0 + second, second * second)
    assert sampled.per_second(1012.0, index=0, total=144) == (144 - 64) / 4.0
    assert sampled.per_second(1012.0, index=1, total=1440) == (1440 - 640) / 4.0
    assert [sampled.last_second(index) for index in range(3)] == [19.0, 190.0, 1900.0]


def test_samples_are_a_second_apart() -> None:
    """Whoever asks more often does not shorten the window."""
    sampled = rates()
    for step in range(1, 30):
        sample(sampled, 1000.0 + step / 10, step)
    assert [at for at, _ in sampled._samples] == [1000.0, 1001.0, 1002.0]
    assert sampled.last_second(0) == 10.0


def test_a_clock_that_steps_back_adds_no_sample() -> None:
    """Samples only go forward, so no rate is negative."""
    sampled = rates()
    sample(sampled, 1002.0, 5)
    sample(sampled, 990.0, 6)
    assert sampled.last_second(0) == 2.5


@pytest.mark.parametrize("average", [1, 2])
def test_the_smallest_window_still_has_a_rate(average: int) -> None:
    """A difference needs two samples, also where only one average is asked for."""
    sampled = rates(average)
    for second in range(1, 4):
        sample(sampled, 1000.0 + second, 5 * second)
    assert sampled.last_second(0) == 5.0
    assert sampled.per_second(1003.0, index=0, total=15) == 5.0


def test_many_threads_take_one_sample_a_second() -> None:
    """However many ask at once, the same second is sampled once."""
    sampled = rates()

    def ask() -> None:
        for second in range(1, 50):
            sample(sampled, 1000.0 + second, second)

    threads = [Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    times = [at for at, _ in sampled._samples]
    assert times == sorted(set(times))
    assert times[-1] == 1049.0
