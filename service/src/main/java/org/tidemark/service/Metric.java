// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Duration;
import java.time.Instant;
import org.tidemark.watch.ObservedCluster;

/**
 * A gauge, as it is declared. docs/watch/metrics.md names each.
 *
 * @param stem its name without {@code tidemark_} and unit
 * @param help a phrase
 * @param source where its values are from
 */
record Metric(String stem, Unit unit, String help, Source source) {
    /** In what it is given; the end of its name. */
    enum Unit {
        NUMBER(""),
        BYTES("_bytes"),
        SECONDS("_seconds"),
        /** Seconds since 1970, so that its age is computed where it is read. */
        MOMENT("_timestamp_seconds");

        private final String suffix;

        Unit(String suffix) {
            this.suffix = suffix;
        }
    }

    /** Tells the values of one cluster. */
    interface Source {
        void tell(ObservedCluster cluster, Told told);
    }

    /** Takes the values of one cluster. */
    interface Told {
        /**
         * One value.
         *
         * @param labels besides that of the cluster: names and values in turn; never the same twice
         */
        void add(double value, String... labels);
    }

    String name() {
        return name(stem, unit);
    }

    static String name(String stem, Unit unit) {
        return "tidemark_" + stem + unit.suffix;
    }

    static double seconds(Instant moment) {
        return moment.toEpochMilli() / 1e3;
    }

    static double seconds(Duration duration) {
        return duration.toMillis() / 1e3;
    }
}
