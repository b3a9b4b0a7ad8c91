using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Concord.Extensions.Live;

/// <summary>
/// Makes options as the framework does, and on the way notes what they read from Concord. All of IOptions,
/// IOptionsSnapshot and IOptionsMonitor are made here, so whatever a service uses is known to the judge.
/// </summary>
internal sealed class LiveOptionsFactory<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
    IEnumerable<IConfigureOptions<T>> setups,
    IEnumerable<IPostConfigureOptions<T>> postConfigures,
    IEnumerable<IValidateOptions<T>> validations,
    OptionsJudge judge)
    : IOptionsFactory<T>
    where T : class
{
    private readonly OptionsFactory<T> _inner = new(setups, postConfigures, validations);

    public T Create(string name)
    {
        if (ReadScope.IsJudging)
            return _inner.Create(name);
        judge.Attach();
        var reads = new ReadSet();
        var (options, error) = ReadScope.Record(reads, () => _inner.Create(name));
        judge.Remember<T>(name, reads);
        if (error is null)
            return options;
        if (!judge.TryFallBack<T>(name, error))
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(error);
        return _inner.Create(name);
    }
}
