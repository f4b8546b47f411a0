// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import java.util.UUID;
import org.tidemark.catalog.layout.IncarnationKeys.Folder;
import org.tidemark.core.WalFile;
import org.tidemark.store.ObjectKey;

/**
 * Takes a key of an incarnation apart. What it finds is a guess: {@link ObjectName#parse} compares its key. By hand,
 * since this runs for every object of a listing. Each method throws {@link IllegalArgumentException} for what is not of
 * the form. Immutable.
 */
final class KeyParts {
    private final IncarnationKeys incarnation;
    private final ObjectKey key;
    private final String[] parts;

    KeyParts(IncarnationKeys incarnation, ObjectKey key) {
        this.incarnation = incarnation;
        this.key = key;
        this.parts = key.value().substring(incarnation.prefix().length()).split("/", -1);
    }

    ObjectName.OfIncarnation name() {
        if (part(1).isEmpty()) {
            return new ObjectName.IncarnationIdentity(incarnation);
        }
        Folder folder = Folder.of(part(0)).orElseThrow(KeyParts::malformed);
        return switch (folder) {
            case WAL -> wal();
            case HISTORY ->
                new ObjectName.History(
                        incarnation,
                        new WalFile.TimelineHistoryFile(WalNames.history(key).orElseThrow(KeyParts::malformed)));
            case CATALOG ->
                switch (part(2)) {
                    case "intent.json" -> new ObjectName.Intent(backup());
                    case "bundles" -> new ObjectName.BundleList(backup());
                    default -> new ObjectName.BackupDocument(backup());
                };
            case BACKUP ->
                switch (part(2)) {
                    case "bundle" -> new ObjectName.Bundle(backup(), number());
                    case "manifest" -> new ObjectName.ManifestPart(backup(), number());
                    case "configuration" -> new ObjectName.Configuration(backup());
                    case "waiting.json" -> new ObjectName.WaitingDocument(backup());
                    default -> new ObjectName.PostgresManifest(backup(), number());
                };
            case MARK ->
                part(1).equals("wal")
                        ? new ObjectName.WalMark(incarnation, number())
                        : new ObjectName.BackupMark(backup(), number());
            case REPAIRED -> repaired();
            case STREAM ->
                new ObjectName.StreamPiece(incarnation, WalPiece.parse(key).orElseThrow(KeyParts::malformed));
            case GAP -> gap();
            case DEAD -> new ObjectName.Tombstone(incarnation.backup(new BackupId(stem())));
            case RUN -> attempt();
            case DRILL ->
                new ObjectName.DrillEvidence(
                        new DrillKeys(incarnation, UUID.fromString(part(1)), UUID.fromString(part(2))), number());
        };
    }

    private ObjectName.Attempt attempt() {
        RunKeys run = new RunKeys(
                incarnation, ScheduledTask.of(part(1)).orElseThrow(KeyParts::malformed), RunKeys.due(part(2)));
        String stem = stem();
        if (stem.startsWith(RunKeys.ELSEWHERE)) {
            return new ObjectName.AttemptElsewhere(run, UUID.fromString(stem.substring(RunKeys.ELSEWHERE.length())));
        }
        int alive = stem.indexOf(RunKeys.ALIVE);
        if (alive >= 0) {
            int number = Integer.parseInt(stem.substring(0, alive));
            return new ObjectName.AttemptAlive(
                    run, number, Integer.parseInt(stem.substring(alive + RunKeys.ALIVE.length())));
        }
        boolean ended = stem.endsWith(RunKeys.ENDED);
        int number = Integer.parseInt(ended ? stem.substring(0, stem.length() - RunKeys.ENDED.length()) : stem);
        return ended ? new ObjectName.AttemptEnded(run, number) : new ObjectName.AttemptBegun(run, number);
    }

    private ObjectName.OfIncarnation repaired() {
        String rest = key.value().substring(incarnation.repaired().length() + part(1).length());
        if (rest.length() < 2) {
            throw malformed();
        }
        int number = Integer.parseInt(part(1));
        if (rest.endsWith(IncarnationKeys.REJECTED)) {
            String original = rest.substring(1, rest.length() - IncarnationKeys.REJECTED.length());
            return new ObjectName.Rejection(incarnation, incarnation.key(original), number);
        }
        return new ObjectName.Repaired(incarnation, incarnation.key(rest.substring(1)), number);
    }

    private ObjectName.Wal wal() {
        String name = key.name();
        if (name.contains(StoredPartial.INFIX)) {
            return new ObjectName.Partial(incarnation, StoredPartial.parse(key).orElseThrow(KeyParts::malformed));
        }
        if (name.endsWith(".backup") && WalFile.parse(name) instanceof WalFile.BackupHistoryFile file) {
            return new ObjectName.BackupHistory(incarnation, file);
        }
        return new ObjectName.Segment(incarnation, segment(name));
    }

    private ObjectName.OfIncarnation gap() {
        boolean givenUp = stem().endsWith(IncarnationKeys.GIVEN_UP);
        String range = givenUp ? stem().substring(0, stem().length() - IncarnationKeys.GIVEN_UP.length()) : stem();
        String[] ends = range.split("-", 2);
        if (ends.length < 2) {
            throw malformed();
        }
        WalFile.Segment first = segment(ends[0]);
        WalFile.Segment last = segment(ends[1]);
        return givenUp
                ? new ObjectName.GivenUpWal(incarnation, first, last)
                : new ObjectName.RemovedWal(incarnation, first, last);
    }

    private static WalFile.Segment segment(String name) {
        return WalNames.segment(name).orElseThrow(KeyParts::malformed);
    }

    private BackupKeys backup() {
        return incarnation.backup(new BackupId(part(1)));
    }

    private int number() {
        return Integer.parseInt(stem());
    }

    /** The last part, without the ending of a document. */
    private String stem() {
        String name = key.name();
        return name.endsWith(".json") ? name.substring(0, name.length() - ".json".length()) : name;
    }

    /** The {@code n}-th part after the prefix, from 0; empty if there is none. */
    private String part(int n) {
        return n < parts.length ? parts[n] : "";
    }

    private static IllegalArgumentException malformed() {
        return new IllegalArgumentException("not a key of the format");
    }
}
