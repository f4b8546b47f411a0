// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;

/**
 * Tests against a further server, or a further way to it, of a store that each build meets by its reference server
 * already. They run with {@code mvn verify -Pstores}, for who changes a store, and in a campaign.
 */
@Documented
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@Tag("further-server")
public @interface FurtherServer {}
