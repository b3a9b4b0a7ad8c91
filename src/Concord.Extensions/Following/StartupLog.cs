using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Concord.Extensions.Following;

/// <summary>
/// Configuration loads before there is a logger. What is logged until a host brings one waits here, and is then passed
/// on, so that the reason of a slow or failed start is not lost.
/// </summary>
internal sealed class StartupLog : ILoggerFactory
{
    /// <summary>A start writes a few lines; a process that never gets a host must not collect for ever.</summary>
    private const int WaitingMax = 256;

    private readonly ConcurrentQueue<Action<ILoggerFactory>> _waiting = new();
    private volatile ILoggerFactory? _target;

    public void AttachTo(ILoggerFactory target)
    {
        _target = target;
        while (_waiting.TryDequeue(out var write))
            write(target);
    }

    /// <summary>The host with this factory ends, its loggers must not be used any more.</summary>
    public void DetachFrom(ILoggerFactory target) => Interlocked.CompareExchange(ref _target, null, target);

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void AddProvider(ILoggerProvider provider) =>
        throw new NotSupportedException("Add providers to the host's own logging.");

    public void Dispose()
    {
        // Lives as long as the process.
    }

    private sealed class Logger(StartupLog owner, string category) : ILogger
    {
        private (ILoggerFactory? Factory, ILogger? Logger) _cached;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) =>
            Target() is { } target ? target.IsEnabled(logLevel) : logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel))
                return;
            if (Target() is { } target)
                target.Log(logLevel, eventId, state, exception, formatter);
            else if (owner._waiting.Count < WaitingMax)
                owner._waiting.Enqueue(factory => factory.CreateLogger(category).Log(logLevel, eventId, state, exception, formatter));
        }

        private ILogger? Target()
        {
            if (owner._target is not { } factory)
                return null;
            var cached = _cached;
            if (cached.Factory != factory)
                _cached = cached = (factory, factory.CreateLogger(category));
            return cached.Logger;
        }
    }
}
