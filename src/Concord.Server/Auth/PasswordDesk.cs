using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Concord.Mvcc.Auth;

namespace Concord.Server.Auth;

/// <summary>
/// Hashes and checks passwords, a few at a time: each costs a processor for some fifty milliseconds, and a fleet that starts
/// sends thousands at once. What was found good is remembered for a while, so a fleet of one user is one check, and the rest
/// wait for a short list or are refused.
/// </summary>
/// <remarks>
/// What is remembered is a keyed hash (HMAC) over the bcrypt hash and the password, under a key that this process made for itself
/// and never shows; neither a password nor anything that helps elsewhere is kept. A changed password has another bcrypt
/// hash, so nothing remembered fits it.
/// </remarks>
internal sealed class PasswordDesk : IDisposable
{
    /// <summary>Calls that may wait for each of the checks that run at once: some ten seconds' worth, then callers have given up.</summary>
    private const int WaitingPerSlot = 200;

    private const int RememberedMax = 16_384;

    /// <summary>Long enough for a fleet to come back after a restart of its servers.</summary>
    private static readonly TimeSpan Remembered = TimeSpan.FromMinutes(10);

    /// <summary>Half of the processors, so that keys are served and heartbeats sent whatever comes in.</summary>
    private static readonly int Slots = Math.Max(1, Environment.ProcessorCount / 2);

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Recent<Guid, bool> _good;
    private readonly ConcurrentDictionary<Guid, Lazy<Task<bool>>> _running = [];
    private readonly SemaphoreSlim _slots = new(Slots);
    private readonly int _cost;

    /// <summary>For names that do not exist: the answer must take as long as for one that does.</summary>
    private readonly Lazy<string> _nobody;
    private int _waiting;

    public PasswordDesk(int cost, TimeProvider time)
    {
        _cost = cost;
        _good = new(RememberedMax, Remembered, time);
        _nobody = new(() => PasswordHashes.Hash(Convert.ToBase64String(RandomNumberGenerator.GetBytes(16)), _cost));
    }

    /// <summary>How many checks and hashes were really computed.</summary>
    public long Computed => Interlocked.Read(ref _computed);

    private long _computed;

    public Task<string> HashAsync(string password) => ComputeAsync(() => PasswordHashes.Hash(password, _cost));

    /// <summary>Whether this is the user's password.</summary>
    /// <param name="user">Null for a name that does not exist.</param>
    /// <exception cref="PasswordDeskFullException">Too many wait already.</exception>
    public async ValueTask<bool> VerifyAsync(AuthUser? user, string password)
    {
        if (user is null or { HasNoPassword: true } || user.PasswordHash.Length == 0)
        {
            await ComputeAsync(() => PasswordHashes.Verify(password, _nobody.Value)).ConfigureAwait(false);
            return false;
        }

        var digest = Digest(user.PasswordHash, password);
        if (_good.TryGet(digest, out _))
        {
            return true;
        }

        // Many callers with the same password wait for one check.
        var check = _running.GetOrAdd(digest, _ => new(() => ComputeAsync(() => PasswordHashes.Verify(password, user.PasswordHash))));
        try
        {
            var isGood = await check.Value.ConfigureAwait(false);
            if (isGood)
            {
                _good.Set(digest, true);
            }

            return isGood;
        }
        finally
        {
            _running.TryRemove(new(digest, check));
        }
    }

    public void Dispose() => _slots.Dispose();

    private async Task<T> ComputeAsync<T>(Func<T> compute)
    {
        if (Interlocked.Increment(ref _waiting) > Slots * WaitingPerSlot)
        {
            Interlocked.Decrement(ref _waiting);
            throw new PasswordDeskFullException();
        }

        try
        {
            await _slots.WaitAsync().ConfigureAwait(false);
            try
            {
                Interlocked.Increment(ref _computed);
                return await Task.Run(compute).ConfigureAwait(false);
            }
            finally
            {
                _slots.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    private Guid Digest(string hash, string password)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(hash));
        hmac.AppendData([0]);
        hmac.AppendData(Encoding.UTF8.GetBytes(password));
        return new(hmac.GetHashAndReset().AsSpan(0, 16));
    }
}

/// <summary>Too many passwords wait to be checked; nothing was decided.</summary>
internal sealed class PasswordDeskFullException() : Exception("Too many passwords wait to be checked.");
