namespace Concord.Node;
