// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding.Severity;

/**
 * Whom to tell that a cluster's protection has changed. Immutable.
 *
 * @param name that the operator gave it
 * @param clusters of which it is told; empty: of all
 * @param severity the least that is told
 * @param delay how long something must last before it is told
 * @param delays the same for single subjects
 */
public record NotifySettings(
        String name,
        Destination to,
        List<ClusterName> clusters,
        Severity severity,
        Duration delay,
        Map<String, Duration> delays) {
    /** Each may need a thread and a connection. */
    static final int MOST = 16;

    public NotifySettings {
        clusters = List.copyOf(clusters);
        delays = Map.copyOf(delays);
    }

    /** Where it goes. */
    public sealed interface Destination {
        /** How it is called in lists. */
        String kind();
    }

    /** A program of the operator. */
    public record Program(Path path) implements Destination {
        @Override
        public String kind() {
            return "command";
        }
    }

    /**
     * A request with JSON.
     *
     * @param textOnly whether it has the text alone, as chats want it
     */
    public record Webhook(SecretAddress address, boolean textOnly) implements Destination {
        @Override
        public String kind() {
            return "webhook";
        }
    }

    /** A request after each look, whatever that found: who misses it knows that nobody looks. */
    public record Heartbeat(SecretAddress address) implements Destination {
        @Override
        public String kind() {
            return "heartbeat";
        }
    }

    /**
     * A mail.
     *
     * @param from empty: tidemark at this host
     * @param user empty: the server is told none
     * @param passwordFile read at each mail
     */
    public record Mail(
            MailServer server,
            List<String> to,
            Optional<String> from,
            Optional<String> user,
            Optional<Path> passwordFile)
            implements Destination {
        @Override
        public String kind() {
            return "mail";
        }
    }

    /** How long something of this subject must last before it is told. */
    public Duration delay(String subject) {
        return delays.getOrDefault(subject, delay);
    }

    /** Whether it is told of this cluster. */
    public boolean isAbout(ClusterName cluster) {
        return clusters.isEmpty() || clusters.contains(cluster);
    }
}
