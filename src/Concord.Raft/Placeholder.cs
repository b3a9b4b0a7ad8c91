namespace Concord.Raft;
