// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Lsn;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;

/**
 * What a drill has judged, as it is stored (docs/design/repository-format.md). No answer of a question is in it.
 * Immutable.
 *
 * @param incarnation of which a moment was restored
 * @param id of the drill, the same in each repository
 * @param previous the document before it in its chain; empty in the first
 * @param host where the drill was held
 * @param programVersion of this program
 * @param postgresVersion of the copy's server, as {@code server_version_num}; empty if it was not asked
 * @param begun by the clock of the host
 * @param restored empty if no backup leads to the target
 * @param reached the position up to which PostgreSQL replayed
 * @param kept the last transaction of the copy
 * @param left the first transaction that is not in it
 * @param repositories that the restore could read from
 */
public record DrillEvidence(
        IncarnationKeys incarnation,
        String id,
        Optional<Previous> previous,
        String host,
        String programVersion,
        Optional<Integer> postgresVersion,
        Instant begun,
        Instant ended,
        Target target,
        Optional<Restored> restored,
        Optional<Lsn> reached,
        Optional<Transaction> kept,
        Optional<Transaction> left,
        List<Source> repositories,
        List<Judged> judgements,
        Took took) {
    /** More than the answers to some thousand questions take. */
    public static final int MAX_BYTES = 1 << 20;

    private static final int MAX_UNSIGNED_BYTES = MAX_BYTES - EvidenceSignature.MAX_BYTES;

    public DrillEvidence {
        repositories = List.copyOf(repositories);
        judgements = List.copyOf(judgements);
    }

    /**
     * The document before.
     *
     * @param digest of its bytes
     * @param isDamaged whether they were damaged: then they may be repaired, and have another digest
     */
    public record Previous(Sha256 digest, boolean isDamaged) {
        /** As it was read. */
        static Previous of(byte[] document, ObjectKey key) {
            return new Previous(Sha256.of(document), !ChecksummedJson.isIntact(document, key));
        }
    }

    /**
     * The moment that was restored, never a seed: an archive grows, and the same seed then chooses another one.
     *
     * @param kind {@code time}, {@code lsn} or {@code latest}
     * @param value a time or an LSN; empty with {@code latest}
     * @param chosen how: {@code given}, {@code evenly}, {@code newest-day} or {@code timeline-end}
     */
    public record Target(String kind, Optional<String> value, String chosen) {
        /** For people. */
        public String text() {
            return value.map(text -> kind.equals("time") ? UtcTime.seconds(UtcTime.parse(text)) : text)
                    .orElse("the end of the archived WAL");
        }
    }

    /**
     * What was restored.
     *
     * @param digest of all bytes of its {@code backup.json}; empty if it could not be read again
     * @param first of the segments that the restore needed
     * @param last both ends are included
     */
    public record Restored(
            BackupId backup,
            Optional<Sha256> digest,
            Timeline timeline,
            Optional<Segment> first,
            Optional<Segment> last) {}

    /**
     * A transaction.
     *
     * @param xid unsigned, 32 bits
     * @param time of its commit, by the clock of the server that wrote it
     */
    public record Transaction(long xid, Instant time) {}

    /**
     * A repository.
     *
     * @param name as the host calls it
     * @param id its own, a UUID
     */
    public record Source(String name, String id) {
        /** Names of repositories, for people: {@code 'local' and 'offsite'}. */
        public static String quoted(List<String> names) {
            return "'" + String.join("' and '", names) + "'";
        }
    }

    /**
     * A judgement.
     *
     * @param fault whose fault it is that it failed; empty if it passed
     * @param detail empty for a question: an answer may be data of the cluster
     * @param answer to a question about a past that does not change; empty for all others, and where it has changed
     * @param asked the digest of a question and of what it expects; empty for all others
     */
    public record Judged(
            String name,
            Optional<String> fault,
            Optional<String> detail,
            Optional<Answer> answer,
            Optional<Sha256> asked) {
        public Judged(String name, Optional<String> fault, Optional<String> detail) {
            this(name, fault, detail, Optional.empty(), Optional.empty());
        }

        boolean isOfTheData() {
            return fault.filter(each -> each.equals("backup") || each.equals("wal"))
                    .isPresent();
        }
    }

    /**
     * An answer that a later drill can compare with its own, and that nobody can read here.
     *
     * @param question the digest of what was asked, and of which cluster
     * @param value the digest of the question's digest and the answer
     */
    public record Answer(Sha256 question, Sha256 value) {}

    /**
     * What it took.
     *
     * @param bytes that the restore wrote
     */
    public record Took(Duration files, Duration replay, Duration judging, long bytes) {
        /** Until PostgreSQL had replayed to the target. */
        public Duration restore() {
            return files.plus(replay);
        }
    }

    /** The names of the repositories, for people. */
    public String readFrom() {
        return Source.quoted(repositories.stream().map(Source::name).toList());
    }

    /** The last commit that the copy was proven to have; empty if it was not proven, or its time is not known. */
    public Optional<Instant> provenTo() {
        return isProven() ? kept.map(Transaction::time) : Optional.empty();
    }

    /** Whether everything passed. */
    public boolean isProven() {
        return judgements.stream().allMatch(each -> each.fault().isEmpty());
    }

    /** The worst thing that failed: what concerns the data comes first. */
    public Optional<Judged> failure() {
        List<Judged> failed =
                judgements.stream().filter(each -> each.fault().isPresent()).toList();
        return failed.stream()
                .filter(Judged::isOfTheData)
                .findFirst()
                .or(() -> failed.stream().findFirst());
    }

    /** Whether something failed by the backup. */
    public boolean isFailureOfTheBackup() {
        return judgements.stream().anyMatch(each -> each.fault().equals(Optional.of("backup")));
    }

    /** Whether something failed by the backup or the WAL, not by the host, by a question or by a time limit. */
    public boolean isFailureOfData() {
        return judgements.stream().anyMatch(Judged::isOfTheData);
    }

    /** The same without its place in a chain: it is the same in each repository. */
    public DrillEvidence alone() {
        return after(Optional.empty());
    }

    /** The same as it stands after another document. */
    DrillEvidence after(Optional<Previous> document) {
        return new DrillEvidence(
                incarnation,
                id,
                document,
                host,
                programVersion,
                postgresVersion,
                begun,
                ended,
                target,
                restored,
                reached,
                kept,
                left,
                repositories,
                judgements,
                took);
    }

    /**
     * The document that is stored.
     *
     * @throws UserFacingException USAGE if it is longer than a document may be
     */
    byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("cluster", incarnation.cluster().value());
        members.put("systemIdentifier", incarnation.system().toString());
        members.put("id", id);
        previous.ifPresent(document -> {
            members.put("previous", document.digest().hex());
            if (document.isDamaged()) {
                members.put("previousDamaged", true);
            }
        });
        members.put("proven", isProven());
        members.put("begun", begun.toString());
        members.put("ended", ended.toString());
        members.put("host", host);
        members.put("programVersion", programVersion);
        postgresVersion.ifPresent(version -> members.put("postgresVersion", version));
        members.put("target", target.kind());
        target.value().ifPresent(value -> members.put("targetValue", value));
        members.put("chosen", target.chosen());
        restored.ifPresent(each -> {
            members.put("backup", each.backup().value());
            each.digest().ifPresent(digest -> members.put("backupDigest", digest.hex()));
            members.put("timeline", each.timeline().id());
            each.first().ifPresent(segment -> members.put("walFirst", segment.name()));
            each.last().ifPresent(segment -> members.put("walLast", segment.name()));
        });
        reached.ifPresent(position -> members.put("reached", position.toString()));
        kept.ifPresent(each -> members.put("lastKept", members(each)));
        left.ifPresent(each -> members.put("firstLeftOut", members(each)));
        members.put(
                "repositories",
                repositories.stream().map(DrillEvidence::members).toList());
        members.put(
                "judgements", judgements.stream().map(DrillEvidence::members).toList());
        members.put("filesMilliseconds", took.files().toMillis());
        members.put("replayMilliseconds", took.replay().toMillis());
        members.put("judgingMilliseconds", took.judging().toMillis());
        members.put("bytes", took.bytes());
        byte[] document = ChecksummedJson.write(members);
        if (document.length > MAX_UNSIGNED_BYTES) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "the evidence of the drill has " + document.length + " bytes, and may have " + MAX_UNSIGNED_BYTES,
                    "Ask fewer questions in one drill.");
        }
        return document;
    }

    private static Map<String, Object> members(Transaction transaction) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("xid", transaction.xid());
        members.put("time", transaction.time().toString());
        return members;
    }

    private static Map<String, Object> members(Source source) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", source.name());
        members.put("id", source.id());
        return members;
    }

    private static Map<String, Object> members(Judged judged) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("name", judged.name());
        members.put("passed", judged.fault().isEmpty());
        judged.fault().ifPresent(fault -> members.put("fault", fault));
        judged.detail().ifPresent(detail -> members.put("detail", detail));
        judged.answer().ifPresent(answer -> {
            members.put("question", answer.question().hex());
            members.put("answer", answer.value().hex());
        });
        judged.asked().ifPresent(asked -> members.put("asked", asked.hex()));
        return members;
    }

    /** Reads a document, which must be one of this incarnation. */
    static DrillEvidence decode(byte[] document, ObjectKey key, IncarnationKeys incarnation)
            throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            String system = json.text("systemIdentifier");
            if (!json.text("cluster").equals(incarnation.cluster().value())
                    || !system.equals(incarnation.system().toString())) {
                throw new DamagedObjectException(
                        key, "it is of cluster '" + json.text("cluster") + "' with system identifier '" + system + "'");
            }
            DrillEvidence evidence = new DrillEvidence(
                    incarnation,
                    json.text("id"),
                    json.optionalText("previous")
                            .map(digest -> new Previous(new Sha256(digest), json.has("previousDamaged"))),
                    json.text("host"),
                    json.text("programVersion"),
                    json.has("postgresVersion") ? Optional.of(json.integer("postgresVersion")) : Optional.empty(),
                    json.value("begun", UtcTime::parse),
                    json.value("ended", UtcTime::parse),
                    target(json),
                    json.optionalText("backup").map(id -> restored(id, json)),
                    json.optionalText("reached").map(Lsn::parse),
                    transaction(json, "lastKept"),
                    transaction(json, "firstLeftOut"),
                    json.list("repositories", each -> new Source(each.text("name"), each.text("id"))),
                    json.list("judgements", DrillEvidence::judged),
                    new Took(
                            milliseconds(json, "filesMilliseconds"),
                            milliseconds(json, "replayMilliseconds"),
                            milliseconds(json, "judgingMilliseconds"),
                            json.number("bytes")));
            if (json.flag("proven") != evidence.isProven()) {
                throw new DamagedObjectException(key, "its judgements and its result contradict each other");
            }
            return evidence;
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static Target target(JsonObject json) {
        String kind = json.text("target");
        if (kind.equals("time")) {
            json.value("targetValue", UtcTime::parse); // or it is damaged
        }
        return new Target(kind, json.optionalText("targetValue"), json.text("chosen"));
    }

    private static Restored restored(String id, JsonObject json) {
        return new Restored(
                new BackupId(id),
                json.optionalText("backupDigest").map(Sha256::new),
                new Timeline(json.integer("timeline")),
                json.optionalText("walFirst").map(WalNames::requireSegment),
                json.optionalText("walLast").map(WalNames::requireSegment));
    }

    private static Judged judged(JsonObject json) {
        if (json.flag("passed") == json.has("fault")) {
            throw new IllegalArgumentException("judgement '" + json.text("name") + "' passed and failed, or neither");
        }
        return new Judged(
                json.text("name"),
                json.optionalText("fault"),
                json.optionalText("detail"),
                json.optionalText("answer")
                        .map(answer -> new Answer(new Sha256(json.text("question")), new Sha256(answer))),
                json.optionalText("asked").map(Sha256::new));
    }

    private static Duration milliseconds(JsonObject json, String name) {
        return Duration.ofMillis(json.number(name));
    }

    private static Optional<Transaction> transaction(JsonObject json, String name) {
        if (!json.has(name)) {
            return Optional.empty();
        }
        JsonObject transaction = json.object(name);
        return Optional.of(new Transaction(transaction.number("xid"), transaction.value("time", UtcTime::parse)));
    }
}
