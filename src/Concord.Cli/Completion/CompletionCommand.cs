using System.CommandLine;

namespace Concord.Cli.Completion;

internal sealed class CompletionCommand : CliCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "pwsh"];

    private readonly Argument<string> _shell = new("bash|zsh|pwsh")
    {
        Description = "The shell to complete for",
        CustomParser = result =>
        {
            var shell = result.Tokens.Single().Value;
            if (Shells.Contains(shell))
                return shell;
            result.AddError($"'{shell}' is not a shell that can be completed for: use bash, zsh or pwsh");
            return "";
        },
    };

    public CompletionCommand()
        : base("completion", "Print a script that completes commands and options in your shell.")
    {
        _shell.CompletionSources.Add(Shells);
        Add(_shell);
    }

    public override IReadOnlyList<string> Examples { get; } =
        ["source <(concord completion bash)", "concord completion zsh > ~/.concord-completion.zsh"];

    protected override Task<ExitCode> RunAsync(Invocation call, CancellationToken stop)
    {
        call.Host.Out.Write(call.Get(_shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            _ => PowerShell,
        });
        call.Host.Out.Write('\n');
        return Task.FromResult(ExitCode.Ok);
    }

    /// <summary>The tool completes itself: [suggest:N] prints what may stand at position N of the line that follows.</summary>
    private const string Bash =
        """
        _concord_complete() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(concord "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _concord_complete concord
        """;

    private const string Zsh =
        """
        _concord_complete() {
          local -a found
          found=("${(@f)$(concord "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
          compadd -a found
        }
        compdef _concord_complete concord
        """;

    private const string PowerShell =
        """
        Register-ArgumentCompleter -Native -CommandName concord -ScriptBlock {
          param($word, $line, $position)
          concord "[suggest:$position]" "$line" 2>$null | ForEach-Object {
            [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_)
          }
        }
        """;
}
