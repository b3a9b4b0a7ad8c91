namespace Concord.Storage;
