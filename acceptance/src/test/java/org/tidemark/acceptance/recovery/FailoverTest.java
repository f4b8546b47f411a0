// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The cases of a failover, on every version. In a class of its own around them, because JUnit runs parameterized
 * classes one after the other, and this one takes longer than all the others of this package together.
 */
@Order(1) // among the longest
final class FailoverTest {
    @Nested
    @ParameterizedClass
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    @TestInstance(TestInstance.Lifecycle.PER_CLASS)
    final class OnEveryVersion extends FailoverCases {}
}
