/** How a lift is called: its building first, unless its name says that already. */

interface Named {
  name: string | null;
  building?: string | null;
  lift_id: string;
}

export function liftName(lift: Named): string {
  const name = lift.name ?? lift.lift_id;
  const building = lift.building ?? "";
  return building && !name.startsWith(building) ? `${building} ${name}` : name;
}
