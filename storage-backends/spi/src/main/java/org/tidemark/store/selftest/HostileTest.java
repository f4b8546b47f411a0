// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.Tampering;
import org.tidemark.store.Tampering.Control;
import org.tidemark.store.Tampering.Lock;
import org.tidemark.store.selftest.SelfTestResult.Verdict;

/**
 * Tries what an intruder with the credentials of a store could do to its objects: overwrite, delete and destroy, each
 * with a scratch object of its own. Whatever concerns the whole store is only asked for. Not thread-safe.
 */
public final class HostileTest {
    private static final String ELSEWHERE =
            "Let the store keep versions or lock objects, use credentials that may not do this, or add a repository"
                    + " that this host cannot reach.";

    private final ObjectStore store;
    private final String prefix;
    private final RandomGenerator random;
    private final List<SelfTestResult> results = new ArrayList<>();
    private final TreeSet<ObjectKey> touched = new TreeSet<>();
    /** Whether the store has taken an object. */
    private boolean created;
    /** Of an object that could not be destroyed. */
    private Optional<Lock> lock = Optional.empty();

    /** @param prefix the beginning of the scratch objects' keys, whole parts each with its slash */
    public HostileTest(ObjectStore store, String prefix, RandomGenerator random) {
        this.store = store;
        this.prefix = prefix;
        this.random = random;
    }

    /** What an intruder could do to objects that are stored. */
    public enum Outcome {
        /** Destroy them. */
        CAN_DESTROY,
        /** Hide or replace them; the store keeps their bytes as earlier versions until its rules remove these. */
        CAN_HIDE,
        /** Nothing before their locks end, but hide them. */
        CANNOT_DESTROY_BEFORE_LOCK_ENDS,
        /** Nothing. */
        CANNOT_DESTROY,
        /** A test could not run, or a right is not known. */
        NOT_KNOWN
    }

    /** The result of all tests. Immutable. */
    public record Report(Outcome outcome, List<SelfTestResult> results) {}

    /** Runs the tests, whose results are in their order. */
    public Report run() {
        Optional<Tampering> tampering = store.tampering();
        if (tampering.isEmpty()) {
            return new Report(
                    Outcome.NOT_KNOWN,
                    List.of(SelfTestResult.unknown(
                            "create",
                            "nothing can be written here, so nothing was tried",
                            "See: tidemark init --test")));
        }
        Tampering intruder = tampering.get();
        try {
            if (overwrite(intruder)) {
                delete(intruder);
                if (results.getLast().verdict() != Verdict.BROKEN) {
                    destroy(intruder);
                }
            }
        } finally {
            removeScratch(intruder);
        }
        Control control = intruder.control();
        Outcome outcome = outcome(control);
        results.add(result(control));
        return new Report(outcome, List.copyOf(results));
    }

    private Outcome outcome(Control control) {
        if (any(Verdict.BROKEN)) {
            return Outcome.CAN_DESTROY;
        }
        if (any(Verdict.UNKNOWN)) {
            return Outcome.NOT_KNOWN;
        }
        if (lock.filter(Lock::irrevocable).isPresent()) {
            return Outcome.CANNOT_DESTROY_BEFORE_LOCK_ENDS;
        }
        if (control.has().equals(Optional.of(true))) {
            return Outcome.CAN_DESTROY;
        }
        if (lock.isPresent()) {
            return Outcome.NOT_KNOWN;
        }
        if (results.stream()
                .anyMatch(result ->
                        result.verdict() == Verdict.MISSING && !result.subject().equals("left"))) {
            return Outcome.CAN_HIDE;
        }
        return control.has().isEmpty() ? Outcome.NOT_KNOWN : Outcome.CANNOT_DESTROY;
    }

    private boolean any(Verdict verdict) {
        return results.stream().anyMatch(result -> result.verdict() == verdict);
    }

    private static SelfTestResult result(Control control) {
        if (control.has().isEmpty()) {
            return SelfTestResult.unknown(control.subject(), control.message(), control.hint());
        }
        return control.has().get()
                ? SelfTestResult.broken(control.subject(), control.message(), control.hint())
                : SelfTestResult.kept(control.subject(), control.message());
    }

    /** Returns false if no object could be created. */
    private boolean overwrite(Tampering intruder) {
        ObjectKey key = key("overwritten");
        if (!create(intruder, key)) {
            return false;
        }
        try {
            intruder.overwrite(key, content());
        } catch (StorageDenied | ObjectExists e) {
            results.add(refused(intruder, "overwrite", "an existing object cannot be overwritten", e));
            return true;
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("overwrite", e.getMessage(), "Run it again."));
            return true;
        }
        results.add(judged("overwrite", intruder, key, 2, "an existing object was overwritten"));
        return true;
    }

    private void delete(Tampering intruder) {
        ObjectKey key = key("deleted");
        if (!create(intruder, key)) {
            return;
        }
        try {
            store.delete(List.of(key));
        } catch (StorageDenied e) {
            results.add(refused(intruder, "delete", "an object cannot be deleted", e));
            return;
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("delete", e.getMessage(), "Run it again."));
            return;
        }
        results.add(judged("delete", intruder, key, 1, "an object was deleted"));
    }

    private void destroy(Tampering intruder) {
        ObjectKey key = key("destroyed");
        if (!create(intruder, key)) {
            return;
        }
        try {
            lock = intruder.lock(key);
            intruder.destroy(key);
        } catch (StorageDenied e) {
            String what = lock.map(each -> "no copy of an object can be removed: " + each.text())
                    .orElse("no copy of an object can be removed for good");
            results.add(refused(intruder, "destroy", what, e));
            return;
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown("destroy", e.getMessage(), "Run it again."));
            return;
        }
        lock = Optional.empty();
        results.add(afterDestruction(intruder, key));
    }

    private boolean create(Tampering intruder, ObjectKey key) {
        try {
            intruder.create(key, content());
            created = true;
            return true;
        } catch (StorageException e) {
            results.add(SelfTestResult.unknown(
                    "create",
                    "no scratch object could be created: " + e.getMessage(),
                    "The test needs credentials that may write, and is meant for those of this host."));
            return false;
        }
    }

    /** A refusal counts only if the credentials are still good: another object can be created after it. */
    private SelfTestResult refused(Tampering intruder, String subject, String message, StorageException refusal) {
        try {
            intruder.create(key("after-" + subject), content());
        } catch (StorageException e) {
            return SelfTestResult.unknown(
                    subject,
                    "it was refused (" + refusal.getMessage() + "), and so was a new object after it",
                    "Run it again.");
        }
        return SelfTestResult.kept(subject, message + ": " + refusal.getMessage());
    }

    /** Says whether the former bytes of a damaged object are still there, as one of so many copies. */
    private static SelfTestResult judged(String subject, Tampering intruder, ObjectKey key, int copies, String done) {
        OptionalInt left;
        try {
            left = intruder.copies(key);
        } catch (StorageException e) {
            return SelfTestResult.unknown(
                    subject,
                    done + "; whether its bytes are kept was not answered: " + e.getMessage(),
                    "Run it again.");
        }
        if (left.isEmpty()) {
            return SelfTestResult.unknown(
                    subject,
                    done + "; the store does not tell these credentials whether it keeps the bytes",
                    "Run the test with credentials that may also list versions.");
        }
        return left.getAsInt() >= copies
                ? SelfTestResult.missing(
                        subject,
                        done + "; the store keeps its bytes as an earlier version",
                        "It can be brought back until a rule of the store, such as a lifecycle rule or the end of soft"
                                + " deletion, removes earlier versions. Only a lock outlasts such a rule.")
                : SelfTestResult.broken(subject, done + ", and its bytes are gone", ELSEWHERE);
    }

    private static SelfTestResult afterDestruction(Tampering intruder, ObjectKey key) {
        try {
            OptionalInt left = intruder.copies(key);
            if (left.isPresent()) {
                return left.getAsInt() > 0
                        ? SelfTestResult.missing(
                                "destroy",
                                "the store keeps a copy that these credentials cannot remove",
                                "It can be brought back until a rule of the store removes it.")
                        : SelfTestResult.broken("destroy", "every copy of an object was removed for good", ELSEWHERE);
            }
        } catch (StorageException e) {
            return SelfTestResult.unknown("destroy", e.getMessage(), "Run it again.");
        }
        return SelfTestResult.unknown(
                "destroy",
                "an object was removed; the store does not tell these credentials whether a copy is left",
                "Run the test with credentials that may also list versions.");
    }

    /** Removes what can be removed; a bucket keeps the rest until its locks end or its rules remove versions. */
    private void removeScratch(Tampering intruder) {
        boolean left = false;
        for (ObjectKey key : touched) {
            try {
                store.delete(List.of(key));
                intruder.destroy(key);
            } catch (StorageException e) {
                left = true;
            }
        }
        if (left && created) {
            results.add(SelfTestResult.missing(
                    "left",
                    "scratch objects, or hidden versions of them, remain below " + prefix,
                    "They are a few kilobytes. Remove them with other credentials, when no lock protects them."));
        }
    }

    private ObjectKey key(String name) {
        ObjectKey key = new ObjectKey(prefix + name);
        touched.add(key);
        return key;
    }

    private byte[] content() {
        byte[] bytes = new byte[1_000];
        random.nextBytes(bytes);
        return bytes;
    }
}
