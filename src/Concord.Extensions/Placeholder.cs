namespace Concord.Extensions;
