// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import java.lang.reflect.Method;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.LauncherDiscoveryRequest;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.junit.platform.launcher.listeners.TestExecutionSummary;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.BrokenStore.Defect;

/** The contract tells a good store from a bad one: each defect fails at least the test that was written for it. */
class ObjectStoreContractSelfTest {
    /** Read by the specimens, which the launcher makes without arguments; set before each run, in one thread. */
    private static final ThreadLocal<Defect> DEFECT = ThreadLocal.withInitial(() -> Defect.NONE);

    /** Not run by itself: its name is not that of a test. */
    static class Specimen extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new BrokenStore(DEFECT.get());
        }

        @Override
        public List<String> secrets() {
            return List.of(BrokenStore.SECRET);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void aBrokenStoreFailsTheTestThatIsMeantForIt(Defect defect) {
        assertThat(failedTests(defect)).contains(defect.meantFor());
    }

    @Test
    void theSpecimenWithoutDefectFailsNothing() {
        assertThat(failedTests(Defect.NONE)).isEmpty();
    }

    @Test
    void everyTestOfTheContractHasADefectThatItIsMeantFor() {
        Set<String> meantFor = new TreeSet<>();
        for (Defect defect : EnumSet.complementOf(EnumSet.of(Defect.NONE))) {
            meantFor.add(defect.meantFor());
        }

        assertThat(meantFor).isEqualTo(namesOfTests());
    }

    private static Set<String> failedTests(Defect defect) {
        DEFECT.set(defect);
        return run().getFailures().stream()
                .map(failure -> failure.getTestIdentifier().getSource().orElseThrow())
                .map(source -> ((MethodSource) source).getMethodName())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> namesOfTests() {
        return List.of(PutContract.class, ReadContract.class, ListContract.class, DeleteContract.class).stream()
                .flatMap(part -> List.of(part.getDeclaredMethods()).stream())
                .filter(method ->
                        method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static TestExecutionSummary run() {
        LauncherDiscoveryRequest request = LauncherDiscoveryRequestBuilder.request()
                .selectors(selectClass(Specimen.class))
                .build();
        SummaryGeneratingListener listener = new SummaryGeneratingListener();
        LauncherFactory.create().execute(request, listener);
        return listener.getSummary();
    }
}
