using System.CommandLine;
using Concord.Client.Configs;

namespace Concord.Cli.Config;

/// <summary>What publish and rollback have in common.</summary>
internal sealed class PublishArguments
{
    private readonly Option<string?> _message = new("--message", "-m")
    {
        HelpName = "TEXT",
        Description = "Why; stays with the release. Needed unless --dry-run",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Show what would change, write nothing",
    };

    public void AddTo(Command command)
    {
        command.Add(_message);
        command.Add(_dryRun);
        command.Validators.Add(result =>
        {
            var hasMessage = result.GetResult(_message)?.Tokens is [var text] && !string.IsNullOrWhiteSpace(text.Value);
            if (result.GetResult(_dryRun) is null && !hasMessage)
                result.AddError("say why with --message (-m), or look first with --dry-run");
        });
    }

    public PublishOptions Options(Invocation call) => new()
    {
        Author = call.Author,
        Message = call.Get(_message) ?? "",
        DryRun = call.Get(_dryRun),
    };
}
