// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageUnavailable;

/** A store in memory with one defect. */
final class BrokenStore extends DelegatingStore {
    static final String SECRET = "hunter2";

    /** What is wrong, and the test of the contract that must notice. */
    enum Defect {
        NONE("none"),
        CHANGES_BYTES("anObjectReadsBackAsItWasPut"),
        LOSES_OBJECTS("anObjectReadsBackAsItWasPut"),
        ENDS_EARLY("anObjectReadsBackAsItWasPut"),
        OVERWRITES("puttingOverAnExistingObjectFailsAndLeavesItUntouched"),
        ACKNOWLEDGES_WHAT_EXISTS("ofSeveralWritersOfOneKeyExactlyOneWinsAndEveryOtherKnows"),
        SHOWS_WHAT_IS_BEING_PUT("whileAnObjectIsBeingPutNothingOfItCanBeSeen"),
        KEEPS_PARTS("aSourceThatFailsHalfWayLeavesNothing"),
        TAKES_SHORT_SOURCES("aSourceThatIsTooShortLeavesNothing"),
        TAKES_LONG_SOURCES("aSourceThatIsTooLongLeavesNothing"),
        SWALLOWS_INTERRUPTS("anInterruptedWriterKeepsItsFlagAndLeavesAllOrNothing"),
        SWALLOWS_INTERRUPTS_OF_READERS("anInterruptedReaderKeepsItsFlagAndGetsAllOrAnError"),
        CALLS_EVERY_CONTENT_THE_SAME("theContentThatIsReadIsKnownAgain"),
        IGNORES_OFFSETS("anyRangeGivesItsBytesAndNoMoreThanThereAre"),
        IGNORES_LENGTHS("anyRangeGivesItsBytesAndNoMoreThanThereAre"),
        REFUSES_RANGES_BEHIND_THE_END("anyRangeOfAnEmptyObjectIsEmpty"),
        SAYS_EXISTS_OF_ALL("whatIsNotThereIsMissing"),
        OPENS_WHAT_IS_MISSING("whatIsNotThereIsMissing"),
        HAS_A_WRONG_CLOCK("whatIsStoredIsKnownByItsSizeAndTheTimeByTheStoresClock"),
        CLOSES_OBJECTS_WITH_THEIR_STREAM("aStreamThatIsClosedEarlyDisturbsNobody"),
        SHARES_ONE_STREAM("severalStreamsAtOnceDoNotMixTheirBytes"),
        TELLS_SECRETS("messagesNameTheKeyAndTheStoreAndNoSecret"),
        LISTS_GHOSTS("anEmptyStoreListsNothing"),
        LISTS_AS_A_TREE("keysAreListedInByteOrderInPagesOfAnySize"),
        NEVER_SAYS_MORE("aPageSaysWhetherMoreFollows"),
        ALWAYS_SAYS_MORE("aPageSaysWhetherMoreFollows"),
        LISTS_WHOLE_PARTS("aPrefixSelectsByCharacters"),
        GOES_ON_AT_THE_KEY("aListingContinuesAfterAnyKeyWhetherOrNotItExists"),
        FORGETS_WHAT_BEGINS_WITH_ZERO("anyKeysAreListedAsASortedSetWouldListThem"),
        LISTS_ONE_PAGE("moreThanOnePageIsListedWholeAndDeletedAtOnce"),
        LISTS_WRONG_SIZES("aListingSaysOfEachObjectWhatStatSays"),
        TAKES_ANY_REQUEST("whatCannotBeAskedForIsRefused"),
        DELETES_TOO_MUCH("deletingRemovesWhatIsNamedAndNothingElse"),
        DELETES_NOTHING("deletingRemovesWhatIsNamedAndNothingElse"),
        MISSES_WHAT_IS_DELETED_TWICE("deletingWhatIsNotThereDoesNotMatter"),
        LEAVES_TOMBSTONES("aDeletedKeyCanBePutAgain");

        private final String meantFor;

        Defect(String meantFor) {
            this.meantFor = meantFor;
        }

        String meantFor() {
            return meantFor;
        }
    }

    private final MemoryStore good;
    private final Defect defect;
    private final List<ObjectKey> remembered = new ArrayList<>();
    private Optional<InputStream> shared = Optional.empty();

    BrokenStore(Defect defect) {
        this(defect, new MemoryStore(clock(defect)));
    }

    private BrokenStore(Defect defect, MemoryStore good) {
        super(good);
        this.defect = defect;
        this.good = good;
    }

    private static Clock clock(Defect defect) {
        Duration wrong = defect == Defect.HAS_A_WRONG_CLOCK ? Duration.ofHours(-1) : Duration.ZERO;
        return Clock.offset(Clock.systemUTC(), wrong);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        if (is(Defect.OVERWRITES)) {
            good.delete(List.of(key));
        }
        if (is(Defect.SWALLOWS_INTERRUPTS)) {
            Thread.interrupted();
        }
        if (is(Defect.SHOWS_WHAT_IS_BEING_PUT)) {
            good.putIfAbsent(key, ObjectSource.of(new byte[1]));
        }
        if (is(Defect.LEAVES_TOMBSTONES) && remembered.contains(key)) {
            throw new ObjectExists(key, description());
        }
        try {
            good.putIfAbsent(key, ObjectSource.of(content(key, source)));
        } catch (ObjectExists e) {
            if (is(Defect.TELLS_SECRETS)) {
                throw new StorageUnavailable(key + " exists for " + SECRET, e);
            }
            if (!is(Defect.ACKNOWLEDGES_WHAT_EXISTS)) {
                throw e;
            }
        }
        if (is(Defect.LOSES_OBJECTS)) {
            good.delete(List.of(key));
        }
    }

    /** The bytes to be stored; a source that is not as announced is refused unless that is the defect. */
    private byte[] content(ObjectKey key, ObjectSource source) throws StorageException {
        byte[] bytes = new byte[0];
        try (InputStream stream = source.open()) {
            if (is(Defect.KEEPS_PARTS)) {
                good.putIfAbsent(key, ObjectSource.of(stream.readNBytes(100)));
            }
            bytes = stream.readAllBytes();
            if (is(Defect.KEEPS_PARTS)) {
                good.delete(List.of(key));
            }
        } catch (IOException e) {
            throw new StorageUnavailable("the source of " + key + " broke off", e);
        }
        if ((bytes.length < source.sizeBytes() && !is(Defect.TAKES_SHORT_SOURCES) && !is(Defect.KEEPS_PARTS))
                || (bytes.length > source.sizeBytes() && !is(Defect.TAKES_LONG_SOURCES))) {
            throw new StorageUnavailable("the source of " + key + " has another size", null);
        }
        if (is(Defect.CHANGES_BYTES) && bytes.length > 0) {
            bytes[bytes.length - 1]++;
        }
        return bytes;
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        if (is(Defect.OPENS_WHAT_IS_MISSING) && good.stat(key).isEmpty()) {
            return InputStream.nullInputStream();
        }
        if (is(Defect.SWALLOWS_INTERRUPTS_OF_READERS)) {
            Thread.interrupted();
        }
        if (is(Defect.TELLS_SECRETS) && good.stat(key).isEmpty()) {
            throw new ObjectMissing(key, SECRET);
        }
        if (is(Defect.REFUSES_RANGES_BEHIND_THE_END)
                && range.offset() > 0
                && range.offset() >= good.stat(key).map(ObjectInfo::sizeBytes).orElse(Long.MAX_VALUE)) {
            throw new StorageUnavailable("416", null);
        }
        long offset = is(Defect.IGNORES_OFFSETS) ? 0 : range.offset();
        long length = is(Defect.IGNORES_LENGTHS) ? ByteRange.TO_END : range.length();
        InputStream stream = good.open(key, new ByteRange(offset, length));
        return switch (defect) {
            case ENDS_EARLY -> endingEarly(stream);
            case SHARES_ONE_STREAM -> sharing(stream);
            case CALLS_EVERY_CONTENT_THE_SAME -> new Named(stream);
            case CLOSES_OBJECTS_WITH_THEIR_STREAM -> deletingAfterwards(key, stream);
            default -> stream;
        };
    }

    private static final class Named extends FilterInputStream implements ContentTagged {
        private Named(InputStream stream) {
            super(stream);
        }

        @Override
        public Optional<String> contentTag() {
            return Optional.of("one");
        }
    }

    private static InputStream endingEarly(InputStream stream) throws StorageException {
        try {
            byte[] bytes = stream.readAllBytes();
            return new ByteArrayInputStream(Arrays.copyOf(bytes, bytes.length - bytes.length / 10));
        } catch (IOException e) {
            throw new StorageUnavailable("memory", e);
        }
    }

    private InputStream sharing(InputStream stream) {
        shared = Optional.of(shared.orElse(stream));
        return shared.get();
    }

    private InputStream deletingAfterwards(ObjectKey key, InputStream stream) {
        good.delete(List.of(key));
        return stream;
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) {
        Optional<ObjectInfo> info = good.stat(key);
        return is(Defect.SAYS_EXISTS_OF_ALL)
                ? info.or(() ->
                        Optional.of(new ObjectInfo(key, 1, Clock.systemUTC().instant())))
                : info;
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) {
        if (is(Defect.TAKES_ANY_REQUEST) && (limit < 1 || limit > MAX_PAGE || !ObjectKey.isKey(prefix + "x"))) {
            return new ObjectPage(List.of(), false);
        }
        ObjectPage page = good.list(prefix, after, limit);
        List<ObjectInfo> objects = new ArrayList<>(page.objects());
        boolean more = page.more();
        switch (defect) {
            case LISTS_GHOSTS ->
                objects.addFirst(new ObjectInfo(
                        new ObjectKey("ghost"), 0, Clock.systemUTC().instant()));
            case LISTS_AS_A_TREE -> objects.sort(Comparator.comparing(info -> treeOrder(info.key())));
            case NEVER_SAYS_MORE -> more = false;
            case ALWAYS_SAYS_MORE -> more = !objects.isEmpty();
            case LISTS_WHOLE_PARTS ->
                objects.removeIf(info -> !info.key().value().startsWith(wholePart(prefix)));
            case GOES_ON_AT_THE_KEY -> after.flatMap(good::stat).ifPresent(objects::addFirst);
            case FORGETS_WHAT_BEGINS_WITH_ZERO ->
                objects.removeIf(info -> info.key().value().startsWith("0"));
            case LISTS_ONE_PAGE -> objects = after.isPresent() && limit == MAX_PAGE ? new ArrayList<>() : objects;
            case LISTS_WRONG_SIZES ->
                objects.replaceAll(info -> new ObjectInfo(info.key(), info.sizeBytes() + 1, info.stored()));
            default -> {}
        }
        return new ObjectPage(objects, more && !objects.isEmpty());
    }

    private static String treeOrder(ObjectKey key) {
        return key.value().replace('/', ' ');
    }

    private static String wholePart(String prefix) {
        return prefix.isEmpty() || prefix.endsWith("/") ? prefix : prefix + "/";
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        for (ObjectKey key : keys) {
            remembered.add(key);
            if (is(Defect.MISSES_WHAT_IS_DELETED_TWICE) && good.stat(key).isEmpty()) {
                throw new ObjectMissing(key, description());
            }
            if (is(Defect.DELETES_TOO_MUCH)) {
                good.delete(good.list(key.value().substring(0, 1), Optional.empty(), MAX_PAGE).objects().stream()
                        .map(ObjectInfo::key)
                        .toList());
            }
        }
        if (!is(Defect.DELETES_NOTHING)) {
            good.delete(keys);
        }
    }

    @Override
    public String description() {
        return is(Defect.TELLS_SECRETS) ? "memory of " + SECRET : "memory";
    }

    private boolean is(Defect other) {
        return defect == other;
    }
}
