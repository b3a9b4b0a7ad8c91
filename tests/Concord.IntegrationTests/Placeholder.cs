namespace Concord.IntegrationTests;
