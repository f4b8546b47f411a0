// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.NotifySettings.Destination;
import org.tidemark.config.NotifySettings.Heartbeat;
import org.tidemark.config.NotifySettings.Mail;
import org.tidemark.config.NotifySettings.Program;
import org.tidemark.config.NotifySettings.Webhook;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Durations;
import org.tidemark.core.Finding.Severity;

/** Whom to tell, read from the settings. No WAL command loads this class. */
final class NotifyValues {
    /** What names a destination, one of them each. */
    private static final List<KnownKey> KINDS = List.of(
            KnownKey.NOTIFY_COMMAND, KnownKey.NOTIFY_WEBHOOK, KnownKey.NOTIFY_HEARTBEAT, KnownKey.NOTIFY_MAIL_TO);

    private static final List<KnownKey> OF_MAIL = List.of(
            KnownKey.NOTIFY_MAIL_SERVER,
            KnownKey.NOTIFY_MAIL_FROM,
            KnownKey.NOTIFY_MAIL_USER,
            KnownKey.NOTIFY_MAIL_PASSWORD_FILE);

    private final SettingValues values;
    private final ConfigurationProblems problems;
    private final String name;

    private NotifyValues(SettingValues values, ConfigurationProblems problems, String name) {
        this.values = values;
        this.problems = problems;
        this.name = name;
    }

    /** Reads all of them; each invalid value becomes a problem. */
    static List<NotifySettings> read(SettingValues values, ConfigurationProblems problems) {
        List<NotifySettings> all = new ArrayList<>();
        for (String name : values.names("notify")) {
            new NotifyValues(values, problems, name).read().ifPresent(all::add);
            if (all.size() > NotifySettings.MOST) {
                problems.add(
                        values.originOf("notify", name),
                        "there are more than " + NotifySettings.MOST + " tables [notify.NAME]: expected at most "
                                + NotifySettings.MOST);
                return List.of();
            }
        }
        return all;
    }

    private Optional<NotifySettings> read() {
        if (!values.isName("notify", name, "destination")) {
            return Optional.empty();
        }
        List<KnownKey> kinds =
                KINDS.stream().filter(key -> values.isSet(key, name)).toList();
        if (kinds.size() != 1) {
            problems.add(
                    values.originOf("notify", name),
                    "[notify." + name + "] has " + (kinds.isEmpty() ? "no destination" : "several destinations")
                            + ": expected one of command, webhook, heartbeat and mail-to");
            return Optional.empty();
        }
        if (kinds.getFirst() != KnownKey.NOTIFY_MAIL_TO) {
            refuse(OF_MAIL, "mail-to");
        }
        if (kinds.getFirst() != KnownKey.NOTIFY_WEBHOOK) {
            refuse(List.of(KnownKey.NOTIFY_WEBHOOK_FORM), "webhook");
        }
        boolean insecure = values.isSecond(KnownKey.NOTIFY_INSECURE, name, "false", "true");
        return destination(kinds.getFirst(), insecure)
                .map(to -> new NotifySettings(
                        name,
                        to,
                        clusters(),
                        values.parsed(KnownKey.NOTIFY_SEVERITY, name, NotifyValues::severity)
                                .orElse(Severity.WARNING),
                        values.parsed(KnownKey.NOTIFY_DELAY, name, NotifyValues::duration)
                                .orElse(Duration.ZERO),
                        values.parsed(KnownKey.NOTIFY_DELAYS, name, NotifyValues::delays)
                                .orElse(Map.of())));
    }

    private void refuse(List<KnownKey> keys, String kind) {
        keys.stream()
                .filter(key -> values.isSet(key, name))
                .forEach(key -> problems.add(
                        values.originOf(key, name), "'" + key.key(name) + "' is only for " + kind + ": remove it"));
    }

    private Optional<? extends Destination> destination(KnownKey kind, boolean insecure) {
        return switch (kind) {
            case NOTIFY_COMMAND -> values.path(kind, name).map(Program::new);
            case NOTIFY_WEBHOOK ->
                address(kind, insecure)
                        .map(address -> new Webhook(
                                address, values.isSecond(KnownKey.NOTIFY_WEBHOOK_FORM, name, "full", "text")));
            case NOTIFY_HEARTBEAT -> address(kind, insecure).map(Heartbeat::new);
            default -> mail(insecure);
        };
    }

    private Optional<SecretAddress> address(KnownKey key, boolean insecure) {
        return values.parsed(
                key, name, text -> SecretAddress.parse(text, key.key(name).toString(), insecure));
    }

    private Optional<Mail> mail(boolean insecure) {
        if (!values.isSet(KnownKey.NOTIFY_MAIL_SERVER, name)) {
            problems.add(
                    values.originOf(KnownKey.NOTIFY_MAIL_TO, name),
                    "'" + KnownKey.NOTIFY_MAIL_SERVER.key(name) + "' is missing: expected " + MailServer.EXPECTED);
            return Optional.empty();
        }
        List<String> to = values.list(KnownKey.NOTIFY_MAIL_TO, name);
        if (to.isEmpty() || !to.stream().allMatch(each -> each.matches("[^@\\s]+@[^@\\s]+"))) {
            problems.add(
                    values.originOf(KnownKey.NOTIFY_MAIL_TO, name),
                    "'" + KnownKey.NOTIFY_MAIL_TO.key(name) + "' has no address of mail, or something else: expected "
                            + KnownKey.NOTIFY_MAIL_TO.expected());
        }
        if (values.isSet(KnownKey.NOTIFY_MAIL_USER, name) != values.isSet(KnownKey.NOTIFY_MAIL_PASSWORD_FILE, name)) {
            problems.add(
                    values.originOf("notify", name),
                    "[notify." + name + "] has one of mail-user and mail-password-file: expected both, or neither");
        }
        return values.parsed(KnownKey.NOTIFY_MAIL_SERVER, name, text -> MailServer.parse(text, insecure))
                .map(server -> new Mail(
                        server,
                        to,
                        values.text(KnownKey.NOTIFY_MAIL_FROM, name),
                        values.text(KnownKey.NOTIFY_MAIL_USER, name),
                        values.path(KnownKey.NOTIFY_MAIL_PASSWORD_FILE, name)));
    }

    /** Of a cluster that is not configured it would never be told, and nobody would see why. */
    private List<ClusterName> clusters() {
        List<ClusterName> wanted = new ArrayList<>();
        for (String each : values.list(KnownKey.NOTIFY_CLUSTERS, name)) {
            if (values.names("cluster").contains(each)) {
                wanted.add(new ClusterName(each));
            } else {
                problems.add(
                        values.originOf(KnownKey.NOTIFY_CLUSTERS, name),
                        "there is no cluster '" + each + "': expected of " + values.names("cluster"));
            }
        }
        return wanted;
    }

    private static Severity severity(String text) {
        return switch (text.strip().toLowerCase(Locale.ROOT)) {
            case "warning" -> Severity.WARNING;
            case "critical" -> Severity.CRITICAL;
            default -> throw new IllegalArgumentException(text);
        };
    }

    private static Duration duration(String text) {
        return Durations.parse(text.strip()).orElseThrow(() -> new IllegalArgumentException(text));
    }

    private static Map<String, Duration> delays(String text) {
        Map<String, Duration> delays = new HashMap<>();
        for (String each : text.split(",", -1)) {
            String[] words = each.strip().split("\\s+", -1);
            if (words.length != 2) {
                throw new IllegalArgumentException(text);
            }
            delays.put(words[0], duration(words[1]));
        }
        return delays;
    }
}
