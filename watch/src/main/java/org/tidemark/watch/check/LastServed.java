// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolHint;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemUser;
import org.tidemark.session.Session;

/**
 * What the last check of {@code serve} found in the repositories of a cluster: a hint in the spool, see
 * docs/design/spool.md. It is for a check whose repository does not answer in time, and counts only for the same user,
 * program, settings and server. It has no numbers: those of then would be taken for present ones. Immutable.
 *
 * @param at when that check began
 * @param counted when the older WAL of a large archive was counted, if it was not listed by that check
 */
record LastServed(Instant at, Optional<Instant> counted, RepositoryFindings found) {
    /** An older one tells nothing of the present. */
    static final Duration OLDEST = Duration.ofMinutes(10);

    private static final int MAX_BYTES = 1 << 20;

    /** Whose findings they are: of one cluster on one host. */
    record Place(Session session, ClusterSettings cluster, String program) {
        private SpoolHint hint() {
            return new SpoolHint(
                    session.spool(), SpoolPart.SERVED, "found/" + cluster.name().value());
        }

        /** What decides what is found. */
        private String settings(ClusterIdentity server) {
            StringBuilder all = new StringBuilder();
            all.append(program).append('\n').append(server).append('\n');
            all.append(cluster.name())
                    .append(cluster.conninfo())
                    .append(cluster.dataDirectory())
                    .append(cluster.acknowledge())
                    .append(cluster.check())
                    .append(cluster.rto())
                    .append(cluster.receiveSlot())
                    .append(cluster.sshHost())
                    .append(cluster.schedule().map(each -> new TreeMap<>(each.times())))
                    .append('\n');
            for (RepositorySettings each : session.repositorySettings()) {
                all.append(each.name())
                        .append(' ')
                        .append(each.url())
                        .append(each.keys())
                        .append(new TreeMap<>(each.options()))
                        .append(each.configuredRetention())
                        .append('\n');
            }
            return Sha256.of(all.toString().getBytes(StandardCharsets.UTF_8)).hex();
        }
    }

    /**
     * Keeps what was found, if it is short enough; a failure is no error.
     *
     * @param server that answered
     */
    void keep(Place place, ClusterIdentity server) {
        Map<String, Object> repositories = new LinkedHashMap<>();
        found.each().forEach((name, findings) -> repositories.put(name, json(findings)));
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("at", at.toString());
        counted.ifPresent(time -> members.put("counted", time.toString()));
        members.put("settings", place.settings(server));
        members.put("repositories", repositories);
        members.put("together", json(found.together()));
        String text = JsonText.of(members);
        if (text.length() <= MAX_BYTES) {
            place.hint().write(text);
        } else {
            place.hint().remove();
        }
    }

    /**
     * Empty if there is none that counts.
     *
     * @param server that answers now
     */
    static Optional<LastServed> of(Place place, ClusterIdentity server, Instant now) {
        try {
            if (!isOurs(place.hint().file())) {
                return Optional.empty();
            }
            return place.hint()
                    .read()
                    .map(JsonObject::parse)
                    .filter(json -> json.text("settings").equals(place.settings(server)))
                    .map(LastServed::read)
                    .filter(last -> !last.at.isAfter(now) && !last.at.isBefore(now.minus(OLDEST)));
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    /** What another user wrote, or a link leads to, may be what somebody would like to be seen. */
    private static boolean isOurs(Path file) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                && SystemUser.owns(file)
                && Files.size(file) <= MAX_BYTES + 1;
    }

    private static LastServed read(JsonObject json) {
        JsonObject repositories = json.object("repositories");
        Map<String, List<Finding>> each = new LinkedHashMap<>();
        for (String name : repositories.members().keySet()) {
            each.put(name, repositories.list(name, LastServed::finding));
        }
        return new LastServed(
                Instant.parse(json.text("at")),
                json.optionalText("counted").map(Instant::parse),
                new RepositoryFindings(each, json.list("together", LastServed::finding)));
    }

    private static List<Map<String, Object>> json(List<Finding> findings) {
        return findings.stream().map(LastServed::json).toList();
    }

    private static Map<String, Object> json(Finding finding) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("severity", finding.severity().name());
        members.put("subject", finding.subject());
        members.put("message", finding.message());
        members.put("hint", finding.hint());
        finding.repository().ifPresent(name -> members.put("repository", name));
        return members;
    }

    private static Finding finding(JsonObject json) {
        return new Finding(
                json.value("severity", Severity::valueOf),
                json.text("subject"),
                json.text("message"),
                json.text("hint"),
                json.optionalText("repository"),
                Map.of(),
                Map.of());
    }
}
