// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What tests do in a {@link KeystoneServer} as its administrator. Immutable. */
final class KeystoneAdmin {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern ID = Pattern.compile("\"id\": \"([0-9a-f]{32})\"");

    private final String authUrl;
    private final String token;

    KeystoneAdmin(String authUrl, String password) {
        this.authUrl = authUrl;
        this.token = login(authUrl, "admin", password, "admin");
    }

    /** A token of a user for a project. */
    static String login(String authUrl, String user, String password, String project) {
        String body = """
                {"auth": {"identity": {"methods": ["password"], "password": {"user": {
                  "name": "%s", "domain": {"id": "default"}, "password": "%s"}}},
                  "scope": {"project": {"name": "%s", "domain": {"id": "default"}}}}}
                """.formatted(user, password, project);
        HttpRequest request = HttpRequest.newBuilder(URI.create(authUrl + "/auth/tokens"))
                .timeout(LIMIT)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build();
        return SwiftAccount.send(request)
                .headers()
                .firstValue("X-Subject-Token")
                .orElseThrow(() -> new IllegalStateException("Keystone gave '" + user + "' no token"));
    }

    /** Makes something, and returns its id. */
    String make(String path, String json) {
        return id(send("POST", path, json));
    }

    /** The id of the first thing of a listing. */
    String find(String path) {
        return id(send("GET", path, ""));
    }

    String send(String method, String path, String json, String... headers) {
        return sendAs(token, method, path, json, headers);
    }

    /** As somebody else. */
    String sendAs(String with, String method, String path, String json, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(authUrl + path))
                .timeout(LIMIT)
                .headers("X-Auth-Token", with, "Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(json));
        if (headers.length > 0) {
            request.headers(headers);
        }
        HttpResponse<String> answer = SwiftAccount.send(request.build());
        if (answer.statusCode() / 100 != 2) {
            throw new IllegalStateException(
                    method + " " + path + " was answered by " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }

    static String id(String answer) {
        Matcher found = ID.matcher(answer);
        if (!found.find()) {
            throw new IllegalStateException("Keystone answered without an id");
        }
        return found.group(1);
    }
}
