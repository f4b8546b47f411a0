// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import java.util.HashMap;
import java.util.Map;

/** What {@code serve} tells Prometheus, by name and labels as the text has them. */
final class ToldMetrics {
    static final String FROM = "tidemark_cluster_recoverable_from_timestamp_seconds{cluster=\"main\"}";
    static final String READING = "tidemark_reading_timestamp_seconds{cluster=\"main\"}";

    private ToldMetrics() {}

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
