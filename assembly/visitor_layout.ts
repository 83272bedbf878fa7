// Compile-time only, as checkLayout of structs.ts: the records of visitors against src/abi/layout.ts.
import * as L from "../src/abi/layout";
import { MapVisitor, PlanVisitor } from "./map";
import { AttributeVisitor, DissolveVisitor, DumpVisitor } from "./stage2";

/** Every offset that the host fills is where the class has it. */
export function checkVisitors(): void {
  if (offsetof<MapVisitor>("ipa") != L.MAP_VISITOR_IPA) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("pa") != L.MAP_VISITOR_PA) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("attributes") != L.MAP_VISITOR_ATTRIBUTES) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("end") != L.MAP_VISITOR_END) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("cache") != L.MAP_VISITOR_CACHE) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("reserve") != L.MAP_VISITOR_RESERVE) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<MapVisitor>("flags") != L.MAP_VISITOR_FLAGS) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<PlanVisitor>("tables") != L.PLAN_VISITOR_TABLES) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<PlanVisitor>("goneStart") != L.PLAN_VISITOR_GONE_START) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<PlanVisitor>("goneEnd") != L.PLAN_VISITOR_GONE_END) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DissolveVisitor>("cache") != L.DISSOLVE_VISITOR_CACHE) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DissolveVisitor>("level") != L.DISSOLVE_VISITOR_LEVEL) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<AttributeVisitor>("set") != L.ATTRIBUTE_VISITOR_SET) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<AttributeVisitor>("clear") != L.ATTRIBUTE_VISITOR_CLEAR) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<AttributeVisitor>("changed") != L.ATTRIBUTE_VISITOR_CHANGED) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DumpVisitor>("out") != L.DUMP_VISITOR_OUT) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DumpVisitor>("capacity") != L.DUMP_VISITOR_CAPACITY) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DumpVisitor>("found") != L.DUMP_VISITOR_FOUND) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<PlanVisitor>() > <usize>L.VISITOR_SIZEOF) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<AttributeVisitor>() > <usize>L.VISITOR_SIZEOF) ERROR("a visitor disagrees with src/abi/layout.ts");
  if (offsetof<DumpVisitor>() > <usize>L.VISITOR_SIZEOF) ERROR("a visitor disagrees with src/abi/layout.ts");
}
