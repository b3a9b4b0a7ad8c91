using System.Text.Json.Nodes;
using Concord.Server.Configs.Documents;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace Concord.Server.Configs.Rest;

/// <summary>What the code of the endpoints does not say by itself, for the document at /openapi/v1.json.</summary>
internal static class RestDescription
{
    /// <summary>
    /// Among the content types of a body: the endpoint takes the others by what the body holds, and curl names a wrong one
    /// unless told. Not part of the document.
    /// </summary>
    public const string AnyType = "*/*";

    private static readonly Dictionary<string, string> Parameters = new(StringComparer.Ordinal)
    {
        ["app"] = "The application, such as orders.",
        ["env"] = "The environment, such as prod; 'default' holds the defaults for all environments.",
        ["name"] = "The configuration; the usual one is 'application'. Views may stack several, the last one wins.",
        ["selector"] = "The labels of an overlay, such as zone=eu-1,version=2; without it the configuration that is for all instances.",
        ["label"] = "A label of the instance that asks, such as zone=eu-1. May be given several times.",
        ["format"] = "How the document is written.",
        ["key"] = "Only this key and those below it, in ':' or '.' form.",
        ["release"] = "As it was after this release; without it as it is now.",
        ["from"] = "The release to compare from; without it and 'to', what is published.",
        ["to"] = "The release to compare with; without it and 'from', the drafts.",
        ["number"] = "The number of the release.",
        ["limit"] = "The most releases to list, 1 to 500; usually 50.",
        ["service"] = "The service, such as orders.",
        ["id"] = "The instance, unique within its service.",
        ["prefix"] = "Only services whose names begin so.",
        ["tag"] = "Only what has this tag. For instances it may be given several times; then all count.",
        ["state"] = "Only instances in this state (starting, passing, warning, critical, draining, maintenance); may be given several times.",
        ["zone"] = "The zone, such as eu-1.",
        ["version"] = "Only instances of this version.",
        ["healthy"] = "Only instances that are passing or warning; all that could serve if too few are.",
        ["wait"] = "With since: how long to wait for a change, such as 30s; at most 300s.",
        ["since"] = "The revision of the last answer: the next one comes when something has changed since, or the wait is over.",
        ["generation"] = "What the registration was answered with. Without it whichever there is.",
        ["before"] = "Only releases below this number: the last one of the page before.",
    };

    public static void Configure(OpenApiOptions openApi)
    {
        openApi.AddDocumentTransformer(static (document, _, _) =>
        {
            document.Info.Title = "Concord";
            document.Info.Description = "Configurations as services see them, as they are written, and their releases. Errors are problem details (RFC 9457) with a stable code, the field at fault and a remedy.";

            // Relative to where the document was read: behind a proxy the server's own address would be wrong.
            document.Servers = [new() { Url = "/" }];
            DescribeSignIn(document);
            return Task.CompletedTask;
        });
        openApi.AddOperationTransformer(static (operation, _, _) =>
        {
            Describe(operation);
            return Task.CompletedTask;
        });
        openApi.AddSchemaTransformer(static (schema, context, _) =>
        {
            if (context.JsonTypeInfo.Type == typeof(ProblemDetails))
            {
                DescribeProblem(schema);
            }

            return Task.CompletedTask;
        });
    }

    /// <summary>Both ways, or none: most servers that people try do not ask.</summary>
    private static void DescribeSignIn(OpenApiDocument document)
    {
        document.Components ??= new();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            ["password"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "basic", Description = "A user's name and password, where the server checks access." },
            ["token"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A token of that user." },
        };
        document.Security =
        [
            new(),
            new() { [new OpenApiSecuritySchemeReference("password", document)] = [] },
            new() { [new OpenApiSecuritySchemeReference("token", document)] = [] },
        ];
    }

    /// <summary>Adds the problems that a write may be refused with, apart from 400 and 404.</summary>
    public static RouteHandlerBuilder ProducesWriteProblems(this RouteHandlerBuilder endpoint) => endpoint
        .ProducesProblem(StatusCodes.Status409Conflict)
        .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
        .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
        .ProducesProblem(StatusCodes.Status429TooManyRequests)
        .ProducesProblem(StatusCodes.Status503ServiceUnavailable)
        .ProducesProblem(StatusCodes.Status507InsufficientStorage);

    private static void Describe(OpenApiOperation operation)
    {
        foreach (var parameter in (operation.Parameters ?? []).OfType<OpenApiParameter>())
        {
            parameter.Description = Parameters[parameter.Name!];
            if (parameter is { Name: "format", Schema: OpenApiSchema schema })
            {
                schema.Enum = [.. FormatsOf(operation).Select(static word => (JsonNode)word)];
            }
        }

        operation.RequestBody?.Content?.Remove(AnyType);
        switch (operation.OperationId)
        {
            case "GetEffective":
                AddHeader(operation, "If-None-Match", "The ETag of an earlier answer: if it is still in force the answer is 304.");
                DescribeRendered(operation);
                break;
            case "WatchEffective":
                ((OpenApiParameter)operation.Parameters!.Single(static parameter => parameter.Name == "from")).Description = "Resume: the id of the last event. Only what changed since is sent.";
                AddContent(operation, "text/event-stream");
                AddHeader(operation, "Last-Event-ID", "The same as 'from'; browsers send it when they connect again.");
                break;
            case "PutDraft" or "EditDraft" or "RemoveConfiguration" or "Publish" or "Rollback":
                AddHeader(operation, RestRequests.AuthorHeader, "Who acts; in the history.");
                break;
        }

        var inOrder = operation.Responses!.OrderBy(static response => response.Key, StringComparer.Ordinal).ToList();
        operation.Responses!.Clear();
        inOrder.ForEach(response => operation.Responses.Add(response.Key, response.Value));
    }

    private static string[] FormatsOf(OpenApiOperation operation) =>
        operation.OperationId == "GetEffective" ? ["keys", "json", "yaml", "properties"] : ConfigFormats.Words.Split(", ");

    private static void AddHeader(OpenApiOperation operation, string name, string description) => (operation.Parameters ??= []).Add(new OpenApiParameter
    {
        Name = name,
        In = ParameterLocation.Header,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    });

    /// <summary>The same answer as documents: each format has its own media type.</summary>
    private static void DescribeRendered(OpenApiOperation operation)
    {
        foreach (var format in (ConfigFormat[])[ConfigFormat.Yaml, ConfigFormat.Properties])
        {
            AddContent(operation, format.MediaType());
        }
    }

    private static void AddContent(OpenApiOperation operation, string mediaType) =>
        (((OpenApiResponse)operation.Responses!["200"]).Content ??= new Dictionary<string, OpenApiMediaType>())[mediaType] = new OpenApiMediaType { Schema = new OpenApiSchema { Type = JsonSchemaType.String } };

    private static void DescribeProblem(OpenApiSchema schema)
    {
        var properties = schema.Properties ??= new Dictionary<string, IOpenApiSchema>();
        properties["code"] = Text("What went wrong, for programs: a stable word such as conflict or malformed_document.");
        properties["field"] = Text("The part of the request at fault; empty if it is none.");
        properties["remedy"] = Text("What can be done.");
        properties["line"] = Number("Where in the document or body, from 1.");
        properties["column"] = Number("Where in the line, from 1.");
        properties["expectedRelease"] = Number("Of a conflict: what the caller knew.");
        properties["actualRelease"] = Number("Of a conflict: what is so.");
        properties["configuration"] = Text("The configuration concerned, such as orders/prod/application.");
        properties["traceId"] = Text("The request, in the server's log.");
        (schema.Required ??= new HashSet<string>()).UnionWith(["code", "field", "remedy"]);
    }

    private static OpenApiSchema Text(string description) => new() { Type = JsonSchemaType.String, Description = description };

    private static OpenApiSchema Number(string description) => new() { Type = JsonSchemaType.Integer, Description = description };
}
