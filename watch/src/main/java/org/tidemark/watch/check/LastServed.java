// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.Measure;
import org.tidemark.core.Sha256;
import org.tidemark.core.SpoolPart;
import org.tidemark.core.SystemUser;
import org.tidemark.core.Threshold;
import org.tidemark.session.Session;
import org.tidemark.session.SpoolHint;

/**
 * What the last check of {@code serve} found in the repositories of a cluster: a hint in the spool, see
 * docs/design/spool.md. It is for a check whose repository does not answer in time, and counts only for the same user,
 * program and settings. Immutable.
 *
 * @param at when that check began
 */
record LastServed(Instant at, RepositoryFindings found) {
    /** An older one tells nothing of the present. */
    static final Duration OLDEST = Duration.ofMinutes(10);

    private static final int MAX_BYTES = 1 << 20;

    /** Keeps what was found, if it is short enough; a failure is no error. */
    static void keep(Session session, ClusterSettings cluster, String program, LastServed last) {
        Map<String, Object> repositories = new LinkedHashMap<>();
        last.found.each().forEach((name, findings) -> repositories.put(name, json(findings)));
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("at", last.at.toString());
        members.put("program", program);
        members.put("settings", settings(session, cluster));
        members.put("repositories", repositories);
        members.put("together", json(last.found.together()));
        String text = JsonText.of(members);
        SpoolHint hint = hint(session, cluster);
        if (text.length() <= MAX_BYTES) {
            hint.write(text);
        } else {
            hint.remove();
        }
    }

    /** Empty if there is none that counts. */
    static Optional<LastServed> of(Session session, ClusterSettings cluster, String program, Instant now) {
        SpoolHint hint = hint(session, cluster);
        try {
            if (!isOurs(hint.file())) {
                return Optional.empty();
            }
            Optional<String> text = hint.read().filter(each -> each.length() <= MAX_BYTES);
            return text.isEmpty()
                    ? Optional.empty()
                    : read(JsonObject.parse(text.get()), session, cluster, program)
                            .filter(last -> !last.at.isAfter(now) && !last.at.isBefore(now.minus(OLDEST)));
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            return Optional.empty();
        }
    }

    private static SpoolHint hint(Session session, ClusterSettings cluster) {
        return new SpoolHint(session.spool(), SpoolPart.CHECK, cluster.name() + ".served");
    }

    /** What another user wrote may be what that user would like to be seen. */
    private static boolean isOurs(Path file) throws IOException {
        return Files.isRegularFile(file) && Files.getAttribute(file, "unix:uid").equals(SystemUser.currentUid());
    }

    private static Optional<LastServed> read(
            JsonObject json, Session session, ClusterSettings cluster, String program) {
        if (!json.text("program").equals(program) || !json.text("settings").equals(settings(session, cluster))) {
            return Optional.empty();
        }
        JsonObject repositories = json.object("repositories");
        Map<String, List<Finding>> each = new LinkedHashMap<>();
        for (String name : repositories.members().keySet()) {
            each.put(name, repositories.list(name, LastServed::finding));
        }
        return Optional.of(new LastServed(
                Instant.parse(json.text("at")),
                new RepositoryFindings(each, json.list("together", LastServed::finding))));
    }

    /** What decides what is found in repositories. */
    private static String settings(Session session, ClusterSettings cluster) {
        StringBuilder all = new StringBuilder();
        all.append(cluster.name()).append(cluster.check()).append(cluster.rto()).append('\n');
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
        List<Map<String, Object>> values = new ArrayList<>();
        finding.values().forEach((measure, value) -> {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("measure", measure.name());
            one.put("value", value);
            Threshold threshold = finding.thresholds().get(measure);
            if (threshold != null) {
                threshold.warning().ifPresent(limit -> one.put("warning", limit));
                threshold.critical().ifPresent(limit -> one.put("critical", limit));
                one.put("isMinimum", threshold.isMinimum());
            }
            values.add(one);
        });
        members.put("values", values);
        return members;
    }

    private static Finding finding(JsonObject json) {
        Map<Measure, Long> values = new LinkedHashMap<>();
        Map<Measure, Threshold> thresholds = new LinkedHashMap<>();
        for (Measured each : json.list("values", Measured::of)) {
            values.put(each.measure(), each.value());
            each.threshold().ifPresent(threshold -> thresholds.put(each.measure(), threshold));
        }
        return new Finding(
                json.value("severity", Severity::valueOf),
                json.text("subject"),
                json.text("message"),
                json.text("hint"),
                json.optionalText("repository"),
                values,
                thresholds);
    }

    private record Measured(Measure measure, long value, Optional<Threshold> threshold) {
        static Measured of(JsonObject json) {
            return new Measured(
                    json.value("measure", Measure::valueOf),
                    json.number("value"),
                    json.has("isMinimum")
                            ? Optional.of(new Threshold(
                                    limit(json, "warning"), limit(json, "critical"), json.flag("isMinimum")))
                            : Optional.empty());
        }

        private static OptionalLong limit(JsonObject json, String name) {
            return json.has(name) ? OptionalLong.of(json.number(name)) : OptionalLong.empty();
        }
    }
}
