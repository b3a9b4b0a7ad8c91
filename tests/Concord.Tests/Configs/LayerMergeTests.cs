using Concord.Server.Configs.Documents;
using Concord.Server.Configs.Views;
using CsCheck;

namespace Concord.Tests.Configs;

public sealed class LayerMergeTests
{
    [Theory]
    [InlineData("""{"a":{"b":1,"c":2}}""", """{"a":{"c":3}}""", "a:b=1 a:c=3")]
    [InlineData("""{"l":[1,2,3]}""", """{"l":[9]}""", "l:0=9")]
    [InlineData("""{"l":[1,2,3],"x":1}""", """{"l":[]}""", "l= x=1")]
    [InlineData("""{"a":1}""", """{"a":{"b":2}}""", "a:b=2")]
    [InlineData("""{"a":{"b":2}}""", """{"a":1}""", "a=1")]
    [InlineData("""{"a":{"b":2}}""", """{"a":null}""", "a=")]
    [InlineData("""{"a":{"b":2}}""", """{"a":{}}""", "a:b=2")]
    [InlineData("""{"l":[{"k":1,"m":2}]}""", """{"l":[{"k":3}]}""", "l:0:k=3")]
    [InlineData("""{"Key":{"One":1}}""", """{"KEY":{"one":2}}""", "KEY:one=2")]
    [InlineData("""{"l":[1,2]}""", """{"l":{"0":9}}""", "l:0=9")]
    public void Objects_merge_and_everything_else_replaces(string lower, string upper, string expected) =>
        Assert.Equal(expected, Merge(ConfigFormat.Json, lower, upper));

    [Theory]
    [InlineData("a=1\na.b=2\n", "a=3\n", "a=3 a:b=2")]
    [InlineData("a=1\na.b=2\n", "a.b=3\n", "a=1 a:b=3")]
    [InlineData("l[0]=1\nl[1]=2\n", "l[0]=9\n", "l:0=9")]
    public void Flat_formats_can_give_a_key_a_value_and_parts(string lower, string upper, string expected) =>
        Assert.Equal(expected, Merge(ConfigFormat.Properties, lower, upper));

    [Fact]
    public void Merging_leaves_the_documents_as_they_were()
    {
        var lower = new ConfigDocument(ConfigFormat.Json, """{"a":{"b":1}}""").Parse("x");
        var upper = new ConfigDocument(ConfigFormat.Json, """{"A":{"B":2}}""").Parse("x");
        var target = new ConfigNode("");
        LayerMerge.Apply(target, lower, 0);
        LayerMerge.Apply(target, upper, 1);
        LayerMerge.Apply(target, lower, 2);

        Assert.Equal("a:b=1", Text(lower));
        Assert.Equal("A:B=2", Text(upper));
        Assert.Equal("a:b=1", Text(target));
    }

    /// <summary>The naive second implementation works on lists of keys, and knows the rule as sentences.</summary>
    [Fact]
    public void Random_layers_merge_as_the_naive_resolver_says() => Gen.Select(Layer, Layer, Layer).Sample(layers =>
    {
        var documents = new[] { layers.Item1, layers.Item2, layers.Item3 };
        var target = new ConfigNode("");
        for (var i = 0; i < documents.Length; i++)
        {
            LayerMerge.Apply(target, documents[i].ToTree(), i);
        }

        var naive = documents.Aggregate(new SortedDictionary<string, string>(StringComparer.Ordinal), static (below, layer) => layer.Over(below));
        Assert.Equal(string.Join(' ', naive.Select(static pair => $"{pair.Key}={pair.Value}")), Text(target));
    }, iter: 20_000);

    private static readonly Gen<Value> Leaf = Gen.Int[0, 9].Select(static number => (Value)new Value.Scalar(number));

    private static readonly Gen<Value> Deep = Gen.Recursive<Value>(static (depth, self) => depth > 3
        ? Leaf
        : Gen.Frequency(
            (3, Leaf),
            (3, Gen.Select(Gen.Char["abc"], self).Array[1, 3].Select(static members => (Value)new Value.Object(members.DistinctBy(static member => member.Item1).ToDictionary(static member => member.Item1.ToString(), static member => member.Item2)))),
            (1, self.Array[0, 3].Select(static items => (Value)new Value.List(items)))));

    private static readonly Gen<Value.Object> Layer = Gen.Select(Gen.Char["abc"], Deep).Array[1, 3].Select(static members =>
        new Value.Object(members.DistinctBy(static member => member.Item1).ToDictionary(static member => member.Item1.ToString(), static member => member.Item2)));

    private static string Merge(ConfigFormat format, string lower, string upper)
    {
        var target = new ConfigNode("");
        LayerMerge.Apply(target, new ConfigDocument(format, lower).Parse("x"), 0);
        LayerMerge.Apply(target, new ConfigDocument(format, upper).Parse("x"), 1);
        return Text(target);
    }

    private static string Text(ConfigNode tree) => string.Join(' ', FlatSettings.Of(tree).Select(static setting => $"{setting.Key}={setting.Value.Text}"));

    public abstract record Value
    {
        public sealed record Scalar(int Number) : Value;

        public sealed record List(Value[] Items) : Value;

        public sealed record Object(Dictionary<string, Value> Members) : Value
        {
            public ConfigNode ToTree() => new ConfigDocument(ConfigFormat.Json, Json(this)).Parse("x");

            /// <summary>
            /// For each place in this layer: a value or a list removes everything at and below the place; an object removes
            /// a value or a list that stands at the place. Then this layer's own keys are added.
            /// </summary>
            public SortedDictionary<string, string> Over(SortedDictionary<string, string> below)
            {
                var result = new SortedDictionary<string, string>(below, StringComparer.Ordinal);
                Clear(this, "", below, result);
                Add(this, "", result);
                return result;
            }
        }

        private static void Clear(Value value, string key, SortedDictionary<string, string> below, SortedDictionary<string, string> result)
        {
            var isList = below.Keys.Any(other => other.StartsWith(key + ":", StringComparison.Ordinal) && char.IsAsciiDigit(other[key.Length + 1]));
            if (key.Length > 0 && (value is not Object || below.ContainsKey(key) || isList))
            {
                foreach (var gone in below.Keys.Where(other => other == key || other.StartsWith(key + ":", StringComparison.Ordinal)))
                {
                    result.Remove(gone);
                }
            }
            else if (value is Object parts)
            {
                foreach (var (name, member) in parts.Members)
                {
                    Clear(member, key.Length == 0 ? name : $"{key}:{name}", below, result);
                }
            }
        }

        private static void Add(Value value, string key, SortedDictionary<string, string> result)
        {
            switch (value)
            {
                case Scalar scalar:
                    result[key] = scalar.Number.ToString(System.Globalization.CultureInfo.InvariantCulture);
                    break;
                case List { Items.Length: 0 }:
                    result[key] = "";
                    break;
                case List list:
                    for (var i = 0; i < list.Items.Length; i++)
                    {
                        Add(list.Items[i], $"{key}:{i}", result);
                    }

                    break;
                case Object parts:
                    foreach (var (name, member) in parts.Members)
                    {
                        Add(member, key.Length == 0 ? name : $"{key}:{name}", result);
                    }

                    break;
            }
        }

        private static string Json(Value value) => value switch
        {
            Scalar scalar => scalar.Number.ToString(System.Globalization.CultureInfo.InvariantCulture),
            List list => $"[{string.Join(',', list.Items.Select(Json))}]",
            Object parts => $"{{{string.Join(',', parts.Members.Select(static member => $"\"{member.Key}\":{Json(member.Value)}"))}}}",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
