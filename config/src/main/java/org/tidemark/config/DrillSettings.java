// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.retention.Expirer;

/**
 * Where drills are held, and what their copies are asked. Immutable.
 *
 * @param directory below which each drill makes a directory of its own; empty if {@code --to} has to name it
 * @param keepEvidence for how long an expiry leaves what drills have judged
 * @param signingKey the file of the private key that signs evidence
 * @param publicKeys of which one has to have signed it
 */
public record DrillSettings(
        Optional<Path> directory,
        List<Question> questions,
        Duration keepEvidence,
        Optional<Path> signingKey,
        List<EvidenceKey> publicKeys) {
    static final int MAX_PUBLIC_KEYS = 16;

    private static final Duration KEEP_EVIDENCE = Duration.ofDays(Expirer.KEEP_EVIDENCE_DAYS);

    static final DrillSettings NONE =
            new DrillSettings(Optional.empty(), List.of(), KEEP_EVIDENCE, Optional.empty(), List.of());

    public DrillSettings {
        questions = List.copyOf(questions);
        publicKeys = List.copyOf(publicKeys);
    }

    /**
     * The public keys that evidence is checked with: those of the configuration, otherwise that of the private key.
     *
     * @return none if signatures are not checked
     * @throws org.tidemark.core.UserFacingException USAGE if the file of the private key is needed and wrong
     */
    public List<EvidenceKey> knownKeys() {
        return publicKeys.isEmpty()
                ? signingKey.map(SigningKey::read).map(SigningKey::publicKey).stream()
                        .toList()
                : publicKeys;
    }

    /**
     * One query.
     *
     * @param name as the table of the configuration is called
     * @param sql of whose answer the first column of the first row counts
     * @param since the question makes no sense in a copy whose last commit is older; empty if it always does
     */
    public record Question(String name, String database, String sql, Expected expected, Optional<Instant> since) {}

    /** The answer that a copy must give. */
    public sealed interface Expected {
        /** What {@code expect} says for {@link Unchanged}. */
        String UNCHANGED = "unchanged";

        /** The answer of the drill before, whatever it was. */
        record Unchanged() implements Expected {
            @Override
            public boolean accepts(String answer) {
                return true;
            }

            @Override
            public String text() {
                return UNCHANGED;
            }

            @Override
            public String toString() {
                return "the answer of the drill before";
            }
        }

        /** A range of numbers, by either of its forms: at least N, or from N to M. */
        Pattern RANGE = Pattern.compile(
                "(?:>= ?(-?[0-9]+(?:\\.[0-9]+)?))" + "|(?:(-?[0-9]+(?:\\.[0-9]+)?)\\.\\.(-?[0-9]+(?:\\.[0-9]+)?))");

        /** This text, as PostgreSQL prints the value. */
        record Value(String text) implements Expected {
            @Override
            public boolean accepts(String answer) {
                return answer.strip().equals(text);
            }

            @Override
            public String toString() {
                return "'" + text + "'";
            }
        }

        /**
         * A number.
         *
         * @param to empty for no maximum
         */
        record Range(BigDecimal from, Optional<BigDecimal> to) implements Expected {
            public Range {
                to.filter(each -> each.compareTo(from) < 0).ifPresent(each -> {
                    throw new IllegalArgumentException("no number is in " + from + ".." + each);
                });
            }

            @Override
            public boolean accepts(String answer) {
                try {
                    BigDecimal number = new BigDecimal(answer.strip());
                    return number.compareTo(from) >= 0
                            && to.filter(each -> number.compareTo(each) > 0).isEmpty();
                } catch (NumberFormatException e) {
                    return false;
                }
            }

            @Override
            public String text() {
                return to.map(each -> from + ".." + each).orElse(">= " + from);
            }

            @Override
            public String toString() {
                return text();
            }
        }

        /** As the configuration has it. */
        String text();

        /** Whether it may be this one; of an answer that must not change, only earlier drills know it. */
        boolean accepts(String answer);

        /**
         * Reads a value, a range in one of its two forms, or {@code unchanged}.
         *
         * @throws IllegalArgumentException if it is a range that no number is in
         */
        static Expected parse(String text) {
            if (text.strip().equals(UNCHANGED)) {
                return new Unchanged();
            }
            Matcher range = RANGE.matcher(text.strip());
            if (!range.matches()) {
                return new Value(text.strip());
            }
            return range.group(1) != null
                    ? new Range(new BigDecimal(range.group(1)), Optional.empty())
                    : new Range(new BigDecimal(range.group(2)), Optional.of(new BigDecimal(range.group(3))));
        }
    }

    /** Reads the settings; each invalid value becomes a problem. No WAL command calls it. */
    static DrillSettings read(SettingValues values, ConfigurationException.ConfigurationProblems problems) {
        List<Question> questions = values.namesBelow("drill", "question").stream()
                .flatMap(name -> question(values, problems, name).stream())
                .toList();
        if (!values.isSet(KnownKey.DRILL_DIRECTORY, "")) {
            values.names("cluster").stream()
                    .filter(cluster -> values.text(KnownKey.SCHEDULE_DRILL, cluster)
                            .filter(text -> !ScheduleValues.isNever(text))
                            .isPresent())
                    .forEach(cluster -> problems.add(
                            values.originOf(KnownKey.SCHEDULE_DRILL, cluster),
                            "'" + KnownKey.SCHEDULE_DRILL.key(cluster) + "' is set, but 'drill.directory' is not:"
                                    + " expected " + KnownKey.DRILL_DIRECTORY.expected()));
        }
        return new DrillSettings(
                values.path(KnownKey.DRILL_DIRECTORY, ""),
                questions,
                values.duration(KnownKey.DRILL_KEEP_EVIDENCE, "", KEEP_EVIDENCE),
                values.path(KnownKey.DRILL_SIGNING_KEY, ""),
                publicKeys(values, problems));
    }

    private static List<EvidenceKey> publicKeys(
            SettingValues values, ConfigurationException.ConfigurationProblems problems) {
        List<String> given = values.list(KnownKey.DRILL_PUBLIC_KEYS, "");
        List<EvidenceKey> keys = new ArrayList<>();
        for (String each : given) {
            try {
                keys.add(new EvidenceKey(each));
            } catch (IllegalArgumentException e) {
                break; // the value is not shown: it may be a private key
            }
        }
        if (values.isSet(KnownKey.DRILL_PUBLIC_KEYS, "")
                && (keys.isEmpty() || keys.size() < given.size() || keys.size() > MAX_PUBLIC_KEYS)) {
            problems.add(
                    values.originOf(KnownKey.DRILL_PUBLIC_KEYS, ""),
                    "'drill.public-keys' cannot be used: expected " + KnownKey.DRILL_PUBLIC_KEYS.expected());
        }
        return keys;
    }

    private static Optional<Question> question(
            SettingValues values, ConfigurationException.ConfigurationProblems problems, String name) {
        for (KnownKey required : List.of(KnownKey.DRILL_QUESTION_SQL, KnownKey.DRILL_QUESTION_EXPECT)) {
            if (values.text(required, name).filter(text -> !text.isBlank()).isEmpty()) {
                KnownKey given = required == KnownKey.DRILL_QUESTION_SQL
                        ? KnownKey.DRILL_QUESTION_EXPECT
                        : KnownKey.DRILL_QUESTION_SQL;
                problems.add(
                        values.originOf(given, name),
                        "'" + required.key(name) + "' is missing: expected " + required.expected());
                return Optional.empty();
            }
        }
        Optional<Expected> expected = values.parsed(KnownKey.DRILL_QUESTION_EXPECT, name, Expected::parse);
        Optional<Instant> since = values.parsed(KnownKey.DRILL_QUESTION_SINCE, name, DrillSettings::time);
        if (expected.filter(each -> each instanceof Expected.Unchanged).isPresent()
                && !values.isSet(KnownKey.DRILL_QUESTION_SINCE, name)) {
            problems.add(
                    values.originOf(KnownKey.DRILL_QUESTION_EXPECT, name),
                    "'" + KnownKey.DRILL_QUESTION_SINCE.key(name) + "' is missing, since when the answer of '" + name
                            + "' does not change any more: expected " + KnownKey.DRILL_QUESTION_SINCE.expected());
            return Optional.empty();
        }
        return expected.map(each -> new Question(
                name,
                values.text(KnownKey.DRILL_QUESTION_DATABASE, name).orElse("postgres"),
                values.text(KnownKey.DRILL_QUESTION_SQL, name).orElseThrow(),
                each,
                since));
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text.strip().replace(' ', 'T')).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
