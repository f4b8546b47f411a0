// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.JsonObject;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * The attempts at scheduled tasks that hosts recorded in a repository. Each attempt has a number, which only one host
 * gets: so a task that is due runs on one of them. Thread-safe.
 */
public final class ScheduledRuns {
    private static final String SILENCE = "silenceSeconds";

    private final ObjectStore store;
    private final IncarnationKeys incarnation;

    public ScheduledRuns(ObjectStore store, IncarnationKeys incarnation) {
        this.store = store;
        this.incarnation = incarnation;
    }

    /** How often the host that makes an attempt gives a sign of life. */
    public static final Duration SIGN_EACH = Duration.ofMinutes(5);

    /** Without a sign for so long, an attempt was cut off. */
    public static final Duration LONGEST_SILENCE = Duration.ofMinutes(15);

    /** The same for an attempt of which no signs are to be expected. */
    public static final Duration LONGEST_ATTEMPT = Duration.ofDays(1);

    /**
     * An attempt. Immutable.
     *
     * @param number from 1
     * @param begun by the clock of the store
     * @param lastSign when it was last seen to go on, by the clock of the store
     * @param silence how long after a sign it may go on
     * @param claimant who makes it; empty if that cannot be read
     * @param outcome empty while it goes on, or if its program died
     */
    public record Attempt(
            int number,
            Instant begun,
            Instant lastSign,
            Duration silence,
            Optional<Claimant> claimant,
            Optional<Outcome> outcome) {
        /**
         * Whether it was cut off: nobody has told how it ended, and there was no sign of life for too long.
         *
         * @param now by the clock of the store
         */
        public boolean isSilent(Instant now) {
            return outcome.isEmpty() && !lastSign.plus(silence).isAfter(now);
        }

        /** The same attempt, with what another repository has recorded of it. */
        public Attempt with(Attempt elsewhere) {
            return new Attempt(
                    number,
                    begun.isBefore(elsewhere.begun) ? begun : elsewhere.begun,
                    lastSign.isAfter(elsewhere.lastSign) ? lastSign : elsewhere.lastSign,
                    silence.compareTo(elsewhere.silence) > 0 ? silence : elsewhere.silence,
                    claimant,
                    outcome.or(elsewhere::outcome));
        }
    }

    /**
     * Who makes attempts.
     *
     * @param host its name
     * @param spool the id of its spool: two hosts may have the same name
     */
    public record Claimant(String host, String spool) {}

    /**
     * How an attempt ended.
     *
     * @param isDone whether the run needs no further attempt
     * @param status the exit status
     * @param message a few words about a failure; empty if there was none
     */
    public record Outcome(Instant at, boolean isDone, int status, String message) {}

    /**
     * How an attempt ended in another repository, which could not record it. Immutable.
     *
     * @param repository that other one
     */
    public record Elsewhere(RunKeys run, RepositoryId repository, Claimant claimant, Outcome outcome) {}

    public RunKeys run(ScheduledTask task, Instant due) {
        return new RunKeys(incarnation, task, due);
    }

    /** The attempts at one run, in the order of their numbers. */
    public List<Attempt> attempts(RunKeys run) throws IOException {
        Map<Integer, ObjectInfo> begun = new LinkedHashMap<>();
        Map<Integer, Instant> signs = new LinkedHashMap<>();
        Map<Integer, ObjectKey> ended = new LinkedHashMap<>();
        Listing.visit(store, run.prefix(), object -> {
            switch (ObjectName.parse(object.key())) {
                case ObjectName.AttemptBegun attempt -> begun.put(attempt.number(), object);
                case ObjectName.AttemptAlive attempt ->
                    signs.merge(attempt.number(), object.stored(), (one, other) -> one.isAfter(other) ? one : other);
                case ObjectName.AttemptEnded attempt -> ended.put(attempt.number(), object.key());
                default -> {} // a stray object, which verify names
            }
        });
        List<Attempt> attempts = new ArrayList<>();
        for (Map.Entry<Integer, ObjectInfo> each : begun.entrySet()) {
            Instant stored = each.getValue().stored();
            Instant sign = signs.getOrDefault(each.getKey(), stored);
            ObjectKey end = ended.get(each.getKey());
            Optional<Claim> claim = read(each.getValue().key(), Claim::of);
            attempts.add(new Attempt(
                    each.getKey(),
                    stored,
                    sign.isAfter(stored) ? sign : stored,
                    claim.map(Claim::silence).orElse(LONGEST_ATTEMPT),
                    claim.map(Claim::claimant),
                    end == null ? Optional.empty() : read(end, ScheduledRuns::outcome)));
        }
        return attempts;
    }

    /** The runs of which an attempt was recorded, in order of keys. */
    public Set<RunKeys> all() throws IOException {
        Set<RunKeys> runs = new LinkedHashSet<>();
        Listing.visit(store, incarnation.runs(), object -> {
            if (ObjectName.parse(object.key()) instanceof ObjectName.AttemptBegun attempt) {
                runs.add(attempt.run());
            }
        });
        return runs;
    }

    /** The last run of a task of which an attempt was recorded; empty if there is none. */
    public Optional<RunKeys> last(ScheduledTask task) throws IOException {
        List<RunKeys> last = new ArrayList<>();
        Listing.visit(store, RunKeys.prefix(incarnation, task), object -> {
            if (ObjectName.parse(object.key()) instanceof ObjectName.AttemptBegun attempt) {
                last.clear();
                last.add(attempt.run());
            }
        });
        return last.stream().findFirst();
    }

    /** When the last attempt at a task ended that was done, by the clock of its host; empty if none is recorded. */
    public Optional<Instant> lastDone(ScheduledTask task) throws IOException {
        List<ObjectKey> ended = new ArrayList<>();
        Listing.visit(store, RunKeys.prefix(incarnation, task), object -> {
            if (ObjectName.parse(object.key()) instanceof ObjectName.AttemptEnded) {
                ended.add(object.key());
            }
        });
        for (ObjectKey key : ended.reversed()) {
            Optional<Outcome> outcome = read(key, ScheduledRuns::outcome);
            if (outcome.filter(Outcome::isDone).isPresent()) {
                return outcome.map(Outcome::at);
            }
        }
        return Optional.empty();
    }

    /** What was recorded of the runs that were due before {@code time}. */
    public void visitBefore(Instant time, Listing.Visitor visitor) throws IOException {
        Listing.visit(store, incarnation.runs(), object -> {
            if (ObjectName.parse(object.key()) instanceof ObjectName.Attempt attempt
                    && attempt.run().due().isBefore(time)) {
                visitor.visit(object);
            }
        });
    }

    /** A damaged document says nothing; one that is gone was removed by an expiry. */
    private Optional<JsonObject> document(ObjectKey key) throws IOException {
        try {
            JsonObject json = ChecksummedJson.read(ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES), key);
            return Optional.of(json);
        } catch (DamagedObjectException | ObjectMissing e) {
            return Optional.empty();
        }
    }

    /** Empty as well if it lacks what this version reads. */
    private <T> Optional<T> read(ObjectKey key, Function<JsonObject, T> reader) throws IOException {
        try {
            return document(key).map(reader);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private record Claim(Claimant claimant, Duration silence) {
        static Claim of(JsonObject json) {
            return new Claim(
                    ScheduledRuns.claimant(json),
                    json.has(SILENCE) ? Duration.ofSeconds(json.number(SILENCE)) : LONGEST_ATTEMPT);
        }
    }

    private static Claimant claimant(JsonObject json) {
        return new Claimant(json.text("host"), json.text("spool"));
    }

    private static Outcome outcome(JsonObject json) {
        return new Outcome(
                json.value("at", Instant::parse),
                json.text("outcome").equals("done"),
                json.integer("status"),
                json.optionalText("message").orElse(""));
    }

    /**
     * Claims an attempt.
     *
     * @param number that of the last attempt, and one
     * @return whether it is ours: only one host gets it
     */
    public boolean begin(RunKeys run, int number, Claimant claimant, Instant now) throws IOException {
        String nonce = UUID.randomUUID().toString();
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("task", run.task().toString());
        members.put("due", run.due().toString());
        members.put("host", claimant.host());
        members.put("spool", claimant.spool());
        members.put(SILENCE, LONGEST_SILENCE.toSeconds());
        members.put("nonce", nonce);
        members.put("at", now.toString());
        try {
            store.putIfAbsent(run.begun(number), ObjectSource.shortLived(ChecksummedJson.write(members)));
            return true;
        } catch (ObjectExists e) {
            // A request that was repeated finds its own object.
            @Nullable JsonObject there = document(run.begun(number)).orElse(null);
            return there != null && there.optionalText("nonce").equals(Optional.of(nonce));
        }
    }

    /**
     * Records that an attempt goes on.
     *
     * @param sign its number, from 1
     */
    public void alive(RunKeys run, int number, int sign, Instant now) throws IOException {
        putOnce(run.alive(number, sign), Map.of("at", now.toString()));
    }

    /** Records how an attempt ended. */
    public void end(RunKeys run, int number, Outcome outcome) throws IOException {
        putOnce(run.ended(number), members(outcome));
    }

    /** Records how an attempt ended in another repository. What is recorded of the run and that repository stays. */
    public void endElsewhere(RunKeys run, RepositoryId repository, Claimant claimant, Outcome outcome)
            throws IOException {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("host", claimant.host());
        members.put("spool", claimant.spool());
        members.putAll(members(outcome));
        putOnce(run.elsewhere(UUID.fromString(repository.value())), members);
    }

    /** What is recorded of attempts in other repositories. */
    public List<Elsewhere> elsewhere() throws IOException {
        Map<ObjectKey, ObjectName.AttemptElsewhere> names = new LinkedHashMap<>();
        Listing.visit(store, incarnation.runs(), object -> {
            if (ObjectName.parse(object.key()) instanceof ObjectName.AttemptElsewhere attempt) {
                names.put(object.key(), attempt);
            }
        });
        List<Elsewhere> found = new ArrayList<>();
        for (Map.Entry<ObjectKey, ObjectName.AttemptElsewhere> each : names.entrySet()) {
            ObjectName.AttemptElsewhere name = each.getValue();
            RepositoryId repository = new RepositoryId(name.repository().toString());
            read(each.getKey(), json -> new Elsewhere(name.run(), repository, claimant(json), outcome(json)))
                    .ifPresent(found::add);
        }
        return found;
    }

    private static Map<String, Object> members(Outcome outcome) {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("outcome", outcome.isDone() ? "done" : "failed");
        members.put("status", outcome.status());
        if (!outcome.message().isEmpty()) {
            members.put("message", outcome.message());
        }
        members.put("at", outcome.at().toString());
        return members;
    }

    private void putOnce(ObjectKey key, Map<String, Object> members) throws IOException {
        try {
            store.putIfAbsent(key, ObjectSource.shortLived(ChecksummedJson.write(members)));
        } catch (ObjectExists e) {
            // A repeated request.
        }
    }
}
