using System.CommandLine;
using Concord.Cli.Output;
using Concord.Client.Members;
using Concord.Members.Keys;

namespace Concord.Cli.Members;

internal static class KeyringCommands
{
    public static CommandGroup Create() => new(
        "keyring",
        "The keys that gossip is encrypted with: exchange them at all members while they run.",
        new KeyringGenerateCommand(),
        new KeyringListCommand(),
        new KeyringAddCommand(),
        new KeyringUseCommand(),
        new KeyringRemoveCommand());

    /// <summary>What every member answered; a failure if one did not do it.</summary>
    public static ExitCode Report(Invocation call, string? fingerprint, IReadOnlyList<MemberKeyring> answers)
    {
        var isDone = answers.All(static one => one.Error.Length == 0);
        if (call.WantsJson)
        {
            call.WriteJson(
                new(fingerprint, [.. answers.Select(static one => new MemberKeyringJson(one.Member, one.Error.Length > 0 ? one.Error : null, one.Fingerprints))]),
                OutputJson.Pretty.KeyringJson);
            return isDone ? ExitCode.Ok : ExitCode.Failure;
        }

        var table = new TableView(new("MEMBER"), new("IN USE", KeepWidth: true), new("ALSO UNDERSTOOD"), new("PROBLEM"));
        foreach (var one in answers)
        {
            table.Row(
                Ink.Strong(Visible.Of(one.Member)), one.Fingerprints is [var used, ..] ? used : "-",
                one.Fingerprints.Count > 1 ? string.Join(' ', one.Fingerprints.Skip(1)) : "-", one.Error.Length > 0 ? Visible.Of(one.Error) : "-");
        }

        call.Screen.Table(table);
        return isDone ? ExitCode.Ok : ExitCode.Failure;
    }
}

internal sealed class KeyringGenerateCommand : CliCommand
{
    private readonly Argument<string?> _file = new("FILE") { Description = "Keyring file to make; printed if not given", Arity = ArgumentArity.ZeroOrOne };

    public KeyringGenerateCommand()
        : base("generate", "Make a new key. Asks no server.") => Add(_file);

    public override IReadOnlyList<string> Examples { get; } = ["concord keyring generate gossip.keys", "concord keyring generate"];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        var key = GossipKey.Generate();
        if (call.GetOptional(_file) is not { } path)
        {
            call.Host.Out.WriteLine(key.Text);
            return Task.FromResult(ExitCode.Ok);
        }

        if (File.Exists(path))
        {
            throw new CommandException(ExitCode.Conflict, $"'{path}' is there already.", "Choose another file; keys of running members are exchanged by 'concord keyring add'.");
        }

        try
        {
            new KeyringFile(path).Write(GossipKeys.Of([key]));
        }
        catch (KeyringException error)
        {
            throw new CommandException(ExitCode.Failure, error.Message, "Choose a directory that you may write to.");
        }

        call.Screen.Line($"Key {key.Fingerprint} is in {path}. Copy it to every server and agent, and start them with --gossip-key-file.");
        return Task.FromResult(ExitCode.Ok);
    }
}

internal sealed class KeyringListCommand : CliCommand
{
    public KeyringListCommand()
        : base("list", "List the keys of every member, by their fingerprints.") => Add(OutputOption.TableOrJson());

    public override IReadOnlyList<string> Examples { get; } = ["concord keyring list"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop) =>
        KeyringCommands.Report(call, null, await call.Client.Members.ListKeysAsync(stop));
}

internal sealed class KeyringAddCommand : CliCommand
{
    private readonly Argument<string?> _key = new("KEY") { Description = "16, 24 or 32 bytes as base64; a new one is made if not given", Arity = ArgumentArity.ZeroOrOne };

    public KeyringAddCommand()
        : base("add", "Let every member understand a further key.")
    {
        Add(_key);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord keyring add"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        GossipKey key;
        try
        {
            key = call.GetOptional(_key) is { } text ? GossipKey.Parse(text) : GossipKey.Generate();
        }
        catch (KeyringException error)
        {
            throw new CommandException(ExitCode.Usage, error.Message, "Leave KEY out to have one made.");
        }

        var exitCode = KeyringCommands.Report(call, key.Fingerprint, await call.Client.Members.AddKeyAsync(Convert.FromBase64String(key.Text), stop));
        if (exitCode == ExitCode.Ok && !call.WantsJson)
        {
            call.Screen.Hint($"Seal with it: concord keyring use {key.Fingerprint}");
        }

        return exitCode;
    }
}

internal sealed class KeyringUseCommand : CliCommand
{
    private readonly Argument<string> _fingerprint = new("FINGERPRINT") { Description = "Of a key that all members have" };

    public KeyringUseCommand()
        : base("use", "Let every member seal with a key that all of them have.")
    {
        Add(_fingerprint);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord keyring use 5d41402abc4b2a76"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop) =>
        KeyringCommands.Report(call, call.Get(_fingerprint), await call.Client.Members.UseKeyAsync(call.Get(_fingerprint), stop));
}

internal sealed class KeyringRemoveCommand : CliCommand
{
    private readonly Argument<string> _fingerprint = new("FINGERPRINT") { Description = "Of a key that no member uses" };

    public KeyringRemoveCommand()
        : base("remove", "Let no member understand a key any more.")
    {
        Add(_fingerprint);
        Add(OutputOption.TableOrJson());
    }

    public override IReadOnlyList<string> Examples { get; } = ["concord keyring remove 5d41402abc4b2a76"];

    protected override async Task<ExitCode> RunAsync(Invocation call, CancellationToken stop) =>
        KeyringCommands.Report(call, call.Get(_fingerprint), await call.Client.Members.RemoveKeyAsync(call.Get(_fingerprint), stop));
}
