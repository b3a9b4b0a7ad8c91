namespace Concord.Client;
