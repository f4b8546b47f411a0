// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code serve} does beside the tasks of the clusters. Immutable.
 *
 * @param listen where it answers with the page, JSON and metrics; empty: nowhere
 * @param metricsListen where it answers with metrics alone; empty: nowhere
 * @param metricsFile the textfile for Prometheus' node exporter; empty: none is written
 */
public record ServiceSettings(Optional<Address> listen, Optional<Address> metricsListen, Optional<Path> metricsFile) {
    static final ServiceSettings NONE = new ServiceSettings(Optional.empty(), Optional.empty(), Optional.empty());

    /** Whether anybody wants to know how the clusters are. */
    public boolean observes() {
        return listen.isPresent() || metricsListen.isPresent() || metricsFile.isPresent();
    }

    /**
     * An address of this host that only this host can reach. Immutable.
     *
     * @param host {@code 127.0.0.1}, {@code ::1} or {@code localhost}
     * @param port 1 to 65535
     */
    public record Address(String host, int port) {
        static final String EXPECTED = "an address that only this host reaches, such as 127.0.0.1:9834 or [::1]:9834";

        private static final Pattern FORM = Pattern.compile("(127\\.0\\.0\\.1|localhost|\\[::1]):([0-9]{1,5})");
        private static final int MAX_PORT = 65_535;

        static Address parse(String text) {
            Matcher form = FORM.matcher(text);
            if (!form.matches()) {
                throw new IllegalArgumentException("not a loopback address with a port");
            }
            int port = Integer.parseInt(form.group(2));
            if (port < 1 || port > MAX_PORT) {
                throw new IllegalArgumentException("not a port");
            }
            return new Address(form.group(1).replace("[", "").replace("]", ""), port);
        }
    }
}
