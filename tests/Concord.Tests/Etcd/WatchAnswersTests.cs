using Concord.Protocol.Etcd;
using Concord.Server.Etcd;
using CsCheck;
using Google.Protobuf;

namespace Concord.Tests.Etcd;

public sealed class WatchAnswersTests
{
    [Fact]
    public void Fragments_are_the_answer_in_order_each_as_full_as_the_limit_allows()
    {
        Gen.Select(Gen.Int[0, 300].Array[0, 40], Gen.Int[60, 2000]).Sample((sizes, bytesMax) =>
        {
            var answer = new WatchResponse { Header = new ResponseHeader { Revision = 7 }, WatchId = 3 };
            answer.Events.AddRange(sizes.Select(size => new Event { Kv = new KeyValue { Value = ByteString.CopyFrom(new byte[size]) } }));
            var pieces = WatchAnswers.Split(answer, bytesMax).ToList();

            Assert.Equal(answer.Events, pieces.SelectMany(piece => piece.Events));
            Assert.All(pieces, piece => Assert.Equal((answer.Header, answer.WatchId), (piece.Header, piece.WatchId)));
            Assert.All(pieces[..^1], piece => Assert.True(piece.Fragment));
            Assert.False(pieces[^1].Fragment);
            for (var i = 0; i < pieces.Count; i++)
            {
                Assert.True(pieces[i].Events.Count <= 1 || pieces[i].CalculateSize() < bytesMax);
                if (i > 0)
                {
                    var joined = pieces[i - 1].Clone();
                    joined.Events.Add(pieces[i].Events[0]);
                    Assert.True(joined.CalculateSize() >= bytesMax);
                }
            }
        });
    }
}
