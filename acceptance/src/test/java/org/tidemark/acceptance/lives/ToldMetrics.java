// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.Map;

/** What {@code serve} tells Prometheus, by name and labels as the text has them. */
final class ToldMetrics {
    static final String FROM = "tidemark_cluster_recoverable_from_timestamp_seconds{cluster=\"main\"}";
    static final String READING = "tidemark_reading_timestamp_seconds{cluster=\"main\"}";

    private ToldMetrics() {}

    /** As Prometheus asks for them, at a port of this host. */
    static Map<String, Double> scraped(int port) throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics"))
                    .build();
            return of(client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        }
    }

    static Map<String, Double> of(String text) {
        Map<String, Double> values = new HashMap<>();
        text.lines()
                .filter(line -> !line.startsWith("#"))
                .forEach(line -> values.put(
                        line.substring(0, line.lastIndexOf(' ')),
                        Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1))));
        return values;
    }
}
