using Concord.Raft;
using Concord.Simulator.Disk;
using Concord.Storage;

namespace Concord.Tests.Storage;

/// <summary>
/// Random work, a crash at a random operation, recovery, and on: every flushed batch is there; of the others a first part
/// is there, each batch whole or not at all.
/// </summary>
public sealed class CrashTests
{
    private const int Rounds = 5;
    private const int StepsMax = 40;
    private const int OperationsMax = 80;

    [Fact]
    public void Whatever_a_crash_takes_the_flushed_batches_are_there_and_the_others_whole_or_absent() =>
        Seeds.Run(400, seed => new Run(seed).Play());

    [Fact]
    public void A_power_loss_right_after_a_killed_process_came_back_takes_nothing() => Seeds.Run(30, seed =>
    {
        var disk = new SimulatedDisk(seed);
        using (ReplicaStorage storage = Sample.Open(disk))
            storage.Log.Append(null, Sample.Entries(1, 3));
        disk = disk.CloneAfterKill(seed);
        Sample.Equal(Sample.Entries(1, 3), Sample.Recover(disk).Entries);
        Sample.Equal(Sample.Entries(1, 3), Sample.Recover(disk.CloneAfterCrash(seed, CrashLoss.Everything)).Entries);
    });

    [Fact]
    public void A_crash_in_any_step_of_a_snapshot_leaves_the_old_or_the_new_one()
    {
        foreach (bool install in (bool[])[false, true])
        {
            bool crashed = true;
            for (int operation = 1; crashed; operation++)
                crashed = CrashInSnapshot(operation, install);
        }
    }

    [Fact]
    public void A_crash_in_any_step_of_setting_up_leaves_a_directory_that_can_be_set_up()
    {
        bool crashed = true;
        for (int operation = 1; crashed; operation++)
        {
            for (int seed = 1; seed <= 8; seed++)
            {
                var disk = new SimulatedDisk(seed);
                disk.Faults.CrashAtOperation = operation;
                crashed = Crashes(() => Sample.Recover(disk));
                Assert.Empty(Sample.Recover(disk.CloneAfterCrash(seed)).Entries);
            }
        }
    }

    [Fact]
    public void A_crash_in_any_step_of_recovery_can_be_recovered_from() => Seeds.Run(20, seed =>
    {
        var disk = new SimulatedDisk(seed);
        using (ReplicaStorage storage = Sample.Open(disk))
        {
            storage.Log.Append(null, Sample.Entries(1, 30));
            storage.Log.Flush();
            for (int i = 31; i < 35; i++)
                storage.Log.Append(null, [Sample.Entry(i, bytes: 700)]);
        }

        disk = disk.CloneAfterCrash(seed);
        for (int operation = 1; operation < 12; operation++)
        {
            SimulatedDisk again = disk.CloneAfterKill(seed);
            again.Faults.CrashAtOperation = again.Operations + operation;
            Crashes(() => Sample.Recover(again));
            int kept = Sample.Recover(again.CloneAfterCrash(seed * operation)).Entries.Count;
            Assert.InRange(kept, 30, 34);
        }
    });

    private static bool Crashes(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (SimulatedCrashException)
        {
            return true;
        }
    }

    private static bool CrashInSnapshot(int operation, bool install)
    {
        bool crashed = false;
        for (int seed = 1; seed <= 10; seed++)
        {
            var disk = new SimulatedDisk(seed);
            ReplicaStorage storage = Sample.Open(disk);
            storage.Log.Append(null, Sample.Entries(1, 60));
            storage.Log.Flush();
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 20));
            storage.AdoptSnapshot(Sample.WriteSnapshot(storage, 30));
            disk.Faults.CrashAtOperation = disk.Operations + operation;
            long index = install ? 200 : 50;
            crashed = Crashes(() =>
            {
                LogPosition position = Sample.WriteSnapshot(storage, index);
                if (install)
                    storage.InstallSnapshot(position, Sample.State(1, commit: index));
                else
                    storage.AdoptSnapshot(position);
            });

            using ReplicaStorage reopened = Sample.Open(disk.CloneAfterCrash(seed), out StoredState recovered);
            long found = recovered.Snapshot!.Index.Value;
            Assert.Contains(found, (long[])[30, index]);
            Assert.True(crashed || found == index);
            Assert.Equal(Sample.SnapshotBody(found), Sample.ReadSnapshot(reopened, Sample.At(found)));
            Sample.Equal(found == 200 ? [] : Sample.Entries(found + 1, (int)(60 - found)), recovered.Entries);
        }

        return crashed;
    }

    private sealed class Run(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<CrashModel> _possible = [CrashModel.Empty]; // the flushed state, then one per append
        private long _term = 1;

        public void Play()
        {
            var disk = new SimulatedDisk(seed);
            for (int round = 0; round < Rounds; round++)
            {
                disk = PlayRound(disk);
                CheckRecovery(disk);
            }
        }

        private SimulatedDisk PlayRound(SimulatedDisk disk)
        {
            disk.Faults.CrashAtOperation = disk.Operations + 1 + _random.Next(OperationsMax);
            Crashes(() =>
            {
                ReplicaStorage storage = Sample.Open(disk);
                if (_random.Next(3) == 0)
                    disk.CapacityBytes = disk.UsedBytes + _random.Next(40_000);
                for (int step = _random.Next(StepsMax); step > 0; step--)
                    Step(storage);
            });
            SimulatedDisk next = _random.Next(4) == 0
                ? disk.CloneAfterKill(_random.Next())
                : disk.CloneAfterCrash(_random.Next(), (CrashLoss)_random.Next(3));
            next.CapacityBytes = long.MaxValue;
            return next;
        }

        private void CheckRecovery(SimulatedDisk disk)
        {
            using ReplicaStorage storage = Sample.Open(disk, out StoredState found);
            CrashModel? match = _possible.FindLast(state => state.Fits(found));
            Assert.True(match is not null, $"found {Text(found)}; possible were: {string.Join("; ", _possible.Select(Text))}");
            if (found.Snapshot is { } snapshot)
            {
                var position = new LogPosition(snapshot.Index, snapshot.Term);
                Assert.Equal(Sample.SnapshotBody(snapshot.Index.Value), Sample.ReadSnapshot(storage, position));
            }

            _possible.Clear();
            _possible.Add(match);
        }

        private void Step(ReplicaStorage storage)
        {
            CrashModel before = _possible[^1];
            try
            {
                switch (_random.Next(12))
                {
                    case 0 or 1 or 2:
                        storage.Log.Flush();
                        _possible.RemoveRange(0, _possible.Count - 1);
                        break;
                    case 3:
                        Adopt(storage);
                        break;
                    case 4 when _random.Next(4) == 0:
                        Install(storage);
                        break;
                    case 5:
                        storage.Log.PrepareSegment();
                        break;
                    default:
                        Append(storage.Log);
                        break;
                }
            }
            catch (DiskFullException)
            {
                if (_possible[^1] != before)
                    _possible.RemoveAt(_possible.Count - 1);
                Assert.Equal(before.Last, storage.Log.LastIndex.Value);
            }
        }

        private void Append(LogStore log)
        {
            CrashModel now = _possible[^1];
            long first = now.Last + 1;
            if (_random.Next(5) == 0)
                first = _random.NextInt64(now.Snapshot.Index.Value + 1, first + 1);
            if (first <= now.Last)
                _term++;
            LogEntry[] entries = [.. Enumerable.Range(0, _random.Next(6)).Select(i =>
                Sample.Entry(first + i, _term, _random.Next(_random.Next(10) == 0 ? 3000 : 400)))];
            long last = entries.Length > 0 ? entries[^1].Index.Value : now.Last;
            HardState? state = entries.Length == 0 || _random.Next(3) == 0
                ? Sample.State(_term, vote: (ulong)_random.Next(4), commit: Math.Min(last, now.Snapshot.Index.Value))
                : null;
            _possible.Add(now.Append(state, entries));
            log.Append(state, entries);
        }

        private void Adopt(ReplicaStorage storage)
        {
            CrashModel now = _possible[^1];
            if (now.Entries.Count == 0)
                return;
            // Only flushed entries are ever committed, applied and put in a snapshot.
            storage.Log.Flush();
            _possible.RemoveRange(0, _possible.Count - 1);
            long index = now.Entries[_random.Next(now.Entries.Count)].Index.Value;
            LogPosition position = Sample.WriteSnapshot(storage, index, now.TermAt(index).Value);
            _possible.Add(now.Adopt(position));
            storage.AdoptSnapshot(position);
            _possible.RemoveAt(0);
        }

        private void Install(ReplicaStorage storage)
        {
            CrashModel now = _possible[^1];
            long index = now.Last + 1 + _random.Next(50);
            LogPosition position = Sample.WriteSnapshot(storage, index, ++_term);
            CrashModel next = now.Install(position, Sample.State(_term, commit: index));
            _possible.Add(next);
            storage.InstallSnapshot(position, next.HardState);
            _possible.RemoveRange(0, _possible.Count - 1);
        }

        private static string Text(CrashModel state) => $"[{state.Snapshot} {state.HardState} ..{state.Last} x{state.Entries.Count}]";

        private static string Text(StoredState state) =>
            $"[{state.Snapshot?.Index} {state.HardState} ..{(state.Entries.Count > 0 ? state.Entries[^1].Index : 0)} x{state.Entries.Count}]";
    }
}
