// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.StoredPartial;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Listing;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.restore.ArchivedWal.Stored;
import org.tidemark.store.ObjectInfo;

/** Reads what a planner needs out of a repository: listings, histories and descriptions, and no data. */
public final class CatalogueReader {
    private static final int SEGMENT_NAME_LENGTH = 24;

    private final ClusterArchive archive;
    private final List<Stored> segments = new ArrayList<>();
    private final List<ArchivedWal.Partial> partials = new ArrayList<>();
    private final Map<Timeline, TimelineHistory> histories = new HashMap<>();
    private final Set<Timeline> damagedHistories = new HashSet<>();
    private final List<Finding> remarks = new ArrayList<>();

    private CatalogueReader(ClusterArchive archive) {
        this.archive = archive;
    }

    /** Damage of a part is a remark and leaves that part out; a store that does not answer is an exception. */
    public static Catalogue read(ClusterArchive archive, BackupCatalog backups) throws IOException {
        return new CatalogueReader(archive).read(backups);
    }

    private Catalogue read(BackupCatalog catalog) throws IOException {
        List<BackupCandidate> backups = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        for (CatalogEntry entry : catalog.list()) {
            switch (entry) {
                case CatalogEntry.Published published -> backups.add(BackupCandidate.of(published.backup()));
                case CatalogEntry.Unreadable damaged ->
                    unreadable.add(damaged.id().value());
                case CatalogEntry.Unpublished remains -> {}
            }
        }
        for (Timeline timeline : archive.wal().timelines()) {
            readTimeline(timeline);
        }
        // An unmounted disk lists nothing: only now is what was not found believed.
        archive.repository().confirmPresent();
        return new Catalogue(
                backups,
                unreadable,
                new ArchivedWal(archive.identity().walSegmentSize(), segments, partials),
                histories,
                damagedHistories,
                remarks);
    }

    private void readTimeline(Timeline timeline) throws IOException {
        try {
            archive.wal().history(timeline).ifPresent(history -> histories.put(timeline, history));
        } catch (DamagedObjectException e) {
            damagedHistories.add(timeline);
            remarks.add(Finding.warning(
                    Finding.Topic.TARGET,
                    "the history of timeline " + timeline + " cannot be read: " + e.getMessage(),
                    "Is it intact in another repository, or in the pg_wal of a server?"));
        }
        ClusterIdentity identity = archive.identity();
        Listing.visit(
                archive.repository().store(),
                identity.cluster() + "/" + identity.system() + "/wal/" + timeline.toHex() + "/",
                this::note);
    }

    private void note(ObjectInfo object) {
        Optional<Segment> found = segment(object.key().name());
        if (found.isEmpty()) {
            return;
        }
        Segment segment = found.get();
        if (object.key().name().length() == SEGMENT_NAME_LENGTH) {
            segments.add(new Stored(segment, object.sizeBytes(), object.stored()));
        } else {
            StoredPartial.parse(object.key())
                    .ifPresent(partial -> partials.add(new ArchivedWal.Partial(segment, partial.end())));
        }
    }

    private Optional<Segment> segment(String name) {
        if (name.length() < SEGMENT_NAME_LENGTH) {
            return Optional.empty();
        }
        try {
            return WalFile.parse(name.substring(0, SEGMENT_NAME_LENGTH)) instanceof Segment segment
                            && segment.fits(archive.identity().walSegmentSize())
                    ? Optional.of(segment)
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty(); // not ours: a store may hold other things
        }
    }
}
