// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * A store that shows its objects as they were at a moment, by the versions that it keeps. The store itself does that;
 * this decorator refuses to write, and says so in its remarks. Thread-safe.
 */
public final class PastStore extends DelegatingStore {
    /** The option with the moment. Another moment is another place: nothing that a host remembers is shared. */
    public static final StoreOption OPTION = StoreOption.text(
                    "as-of", "a time with its zone, such as 2026-11-27T10:00:00Z")
            .ofIdentity();

    private final Instant moment;

    private PastStore(ObjectStore store, Instant moment) {
        super(store);
        this.moment = moment;
    }

    /**
     * The moment; empty if the store is to be read as it is.
     *
     * @throws IllegalArgumentException if the option is not a time
     */
    public static Optional<Instant> moment(StoreOptions options) {
        return options.text(OPTION).map(text -> {
            try {
                return OffsetDateTime.parse(text.strip().replace(' ', 'T')).toInstant();
            } catch (DateTimeException e) {
                throw StoreOptions.wrong(OPTION, text, "a time with its zone, such as 2026-11-27T10:00:00Z");
            }
        });
    }

    /** Returns the store itself if no moment is given. */
    public static ObjectStore guard(ObjectStore store, Optional<Instant> moment) {
        return moment.isPresent() ? new PastStore(store, moment.get()) : store;
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        throw refused("write '" + key + "'");
    }

    @Override
    public void requireWritable(ObjectKey key) throws StorageException {
        throw refused("write '" + key + "'");
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        throw refused("delete objects");
    }

    private StorageDenied refused(String what) {
        return new StorageDenied(
                "refused to " + what + " in " + description() + ": it is read as of " + moment,
                "Remove the option " + OPTION + " of this repository to write there again.",
                null);
    }

    @Override
    public Optional<ObjectLock> lock() {
        return Optional.empty();
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.empty();
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.empty();
    }

    @Override
    public List<Finding> remarks() {
        // A warning would be about what is written or deleted from now on.
        List<Finding> remarks = new ArrayList<>(super.remarks().stream()
                .filter(remark -> remark.severity() == Severity.OK)
                .toList());
        remarks.add(Finding.warning(
                OPTION.name(),
                "the repository is read as of " + moment + ", and nothing is written there",
                "Remove the option " + OPTION + " of this repository when the restore is done."));
        return remarks;
    }
}
