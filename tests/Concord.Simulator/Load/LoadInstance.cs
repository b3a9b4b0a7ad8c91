using Concord.Simulator.Runs;

namespace Concord.Simulator.Load;

/// <summary>An instance that is called: some calls are worked on, the others wait in line.</summary>
internal sealed class LoadInstance(EventQueue events, Dice dice, LoadDials dials, int slots)
{
    private readonly Queue<Action<bool>> _waiting = new();
    private int _working;
    private long _pausedUntil;
    private int _life;

    public int Slots { get; set; } = slots;

    /// <summary>How many times longer a call takes.</summary>
    public double Slowness { get; set; } = 1;

    public int FailsPerMille { get; set; }

    /// <summary>Nobody is there: connections are refused.</summary>
    public bool IsDown { get; set; }

    /// <summary>Calls that it has worked on since the warm-up.</summary>
    public long Worked { get; private set; }

    public void Pause(long time) => _pausedUntil = Math.Max(_pausedUntil, events.Now + time);

    /// <summary>A new process: what the old one had in line is lost.</summary>
    public void Restart(double slowness, long coldFor)
    {
        var life = ++_life;
        IsDown = false;
        _working = 0;
        _waiting.Clear();
        Slowness = slowness;
        events.After(coldFor, () =>
        {
            if (life == _life)
                Slowness = 1;
        });
    }

    /// <param name="answer">Called with whether it succeeded.</param>
    public void Take(Action<bool> answer)
    {
        if (FailsPerMille > 0 && dice.Chance(FailsPerMille))
        {
            answer(false);
            return;
        }

        if (_working < Slots)
            Work(answer);
        else
            _waiting.Enqueue(answer);
    }

    private void Work(Action<bool> answer)
    {
        _working++;
        var life = _life;
        var time = (long)(-Math.Log((dice.Below(1_000_000) + 1) / 1_000_001.0) * dials.Work * Slowness);
        events.After(Math.Max(0, _pausedUntil - events.Now) + time, () =>
        {
            // The process that worked on it has gone.
            if (life != _life)
            {
                answer(false);
                return;
            }

            if (events.Now >= dials.WarmUp)
                Worked++;
            _working--;
            answer(true);
            if (_waiting.TryDequeue(out var next))
                Work(next);
        });
    }
}
