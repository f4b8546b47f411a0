// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.store.ObjectKey;

/**
 * The older part of the WAL of one archive, as it was listed at one moment. Immutable.
 *
 * @param at when the listing began, by the clock of this host
 * @param removals digest of the listed notes of removed WAL, which were the same before and after
 * @param older of each timeline whose listing was long
 */
record CountedWal(Instant at, Sha256 removals, SortedMap<Timeline, OlderWal> older) {
    CountedWal {
        older = Collections.unmodifiableSortedMap(new TreeMap<>(older));
    }

    /**
     * A part of the WAL of one timeline. Immutable.
     *
     * @param first the first object that was listed
     * @param last the last one: a later listing begins after it
     */
    record OlderWal(ObjectKey first, ObjectKey last, List<WalRun> runs, List<StoredPartial> partials) {
        OlderWal {
            runs = List.copyOf(runs);
            partials = List.copyOf(partials);
        }
    }

    /** How many segments need not be listed again. */
    long segments() {
        return older.values().stream()
                .flatMap(each -> each.runs().stream())
                .mapToLong(WalRun::count)
                .sum();
    }

    /** Whether any of the segments was noted to be removed: they may be on their way out. */
    boolean overlaps(List<RemovedWal> removed) {
        return older.values().stream()
                .flatMap(each -> each.runs().stream())
                .anyMatch(run -> removed.stream().anyMatch(each -> each.overlaps(run.first(), run.last())));
    }

    /** The document, with members of the caller's before its own. */
    byte[] encode(Map<String, ?> owner, IncarnationKeys keys) {
        Map<String, Object> members = new LinkedHashMap<>(owner);
        members.put("counted", at.toString());
        members.put("removals", removals.hex());
        List<Object> timelines = new ArrayList<>();
        older.forEach((timeline, each) -> {
            Map<String, Object> item = new LinkedHashMap<>();
            item.put("timeline", timeline.id());
            item.put("first", each.first().value());
            item.put("last", each.last().value());
            item.put("runs", each.runs().stream().map(CountedWal::encode).toList());
            item.put(
                    "partials",
                    each.partials().stream()
                            .map(partial -> keys.of(partial).value())
                            .toList());
            timelines.add(item);
        });
        members.put("timelines", timelines);
        return ChecksummedJson.write(members);
    }

    private static Map<String, Object> encode(WalRun run) {
        Map<String, Object> item = new LinkedHashMap<>();
        item.put("first", run.first().name());
        item.put("last", run.last().name());
        item.put("segments", run.count());
        item.put("bytes", run.storedBytes());
        item.put("firstStored", run.firstStored().toString());
        item.put("lastStored", run.lastStored().toString());
        return item;
    }

    /** @throws IllegalArgumentException if a member is missing or cannot be read */
    static CountedWal of(JsonObject document) {
        SortedMap<Timeline, OlderWal> older = new TreeMap<>();
        document.list("timelines", each -> {
            older.put(
                    new Timeline(each.integer("timeline")),
                    new OlderWal(
                            each.value("first", ObjectKey::new),
                            each.value("last", ObjectKey::new),
                            each.list("runs", CountedWal::run),
                            each.texts("partials").stream()
                                    .map(key -> StoredPartial.parse(new ObjectKey(key))
                                            .orElseThrow(IllegalArgumentException::new))
                                    .toList()));
            return each;
        });
        return new CountedWal(
                document.value("counted", Instant::parse), document.value("removals", Sha256::new), older);
    }

    private static WalRun run(JsonObject json) {
        return new WalRun(
                json.value("first", WalNames::requireSegment),
                json.value("last", WalNames::requireSegment),
                json.number("segments"),
                json.number("bytes"),
                json.value("firstStored", Instant::parse),
                json.value("lastStored", Instant::parse));
    }
}
